"""How interactions get in: uploads and imports of files, live records through the inbox, and connections."""
