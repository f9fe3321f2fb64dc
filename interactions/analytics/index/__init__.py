"""The event index: all events sorted by person and time, in memory-mapped files, so that one pass answers a question.

It's derived from one version of the table. If its folder is deleted, it's built again.
"""
