"""``python -m interactions.codec`` compiles the loops ahead of time."""

from interactions.codec import load

load()
