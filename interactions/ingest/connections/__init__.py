"""Connections: receive other tools' webhooks.

``change`` creates, rotates, pauses and removes connections. ``find`` looks up the connection of a URL. ``read``
converts a body to records, ``tally`` counts events in the transaction that stores the records, and ``kept`` erases
people from examples of events that weren't stored.
"""
