"""The same questions as Ibis expressions over the table: the oracle of the event index, and the way onto a cluster.

No function of one engine alone is used here.
"""
