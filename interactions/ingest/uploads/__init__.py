"""Resumable uploads (tus 1.0.0) of the files of imports, which survive broken connections."""
