"""The same questions as Ibis expressions over the table: the oracle of the event index, and the way to ask a cluster.

Each function takes a :class:`~interactions.analytics.relational.data.DataSet` and a filter, and returns one expression:
nothing is computed until an engine runs it. The filter, the hidden people and the time zone are part of it.
No function of one engine alone is used here.
"""
