"""``python -m interactions.connectors.table`` compiles the loop ahead of time."""

from interactions.connectors.table import load

load()
