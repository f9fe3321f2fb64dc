"""Resumable uploads (tus 1.0.0): how the file of an import gets here, however often the line breaks."""
