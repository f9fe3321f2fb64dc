"""Loops over bytes, compiled by Numba. Only importing ``jit``, or a module that uses it, loads Numba."""
