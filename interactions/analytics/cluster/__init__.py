"""Answers from a cluster, over Spark Connect, for data sets that are too large for one machine's event index.

Nothing here is loaded unless ``ENGINE_URL`` is set.
"""
