"""The tables of interactions: one Delta table an environment, opened, read, rewritten and compacted here alone."""
