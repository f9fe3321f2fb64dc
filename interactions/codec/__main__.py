"""``python -m interactions.codec`` compiles the loops, so that the first who reads need not wait for it."""

from interactions.codec import load

load()
