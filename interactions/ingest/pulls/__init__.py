"""Pulls: fetch other tools' events from their export APIs day by day, each day as one import.

``sources`` describes the tools' APIs, ``fetch`` downloads a response to a file, ``days`` decides which days are due,
``carry`` is the task that pulls a day and imports it, and ``change`` creates and changes pulls.
"""
