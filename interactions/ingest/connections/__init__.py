"""Connections: other tools' webhooks, from the address that a tool is given to the records of its events.

``change`` adds, rotates, pauses and removes connections. ``find`` says whose an address is. ``read`` makes of a body
what may be stored, ``tally`` counts it within the transaction that stores it, and ``kept`` holds the last events that
were not stored.
"""
