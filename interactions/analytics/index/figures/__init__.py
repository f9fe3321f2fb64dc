"""The figures that reports are made of. Each is computed by a pass over a look, which caches it."""
