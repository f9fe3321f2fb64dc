"""Loops over bytes that Numba compiles, and what they are made with. Nothing here loads Numba by being imported but
``jit`` and what needs it."""
