"""The event index: every interaction by person and time, in mapped files that one pass answers a question from.

It is derived from the table and belongs to one version of it; deleting its folder has it built again.
"""
