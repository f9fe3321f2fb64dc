"""How interactions get in: uploads and imports of files, and live records through the inbox."""
