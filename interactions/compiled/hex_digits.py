"""Numbers in hexadecimal digits, as the escapes of JSON have them. Compiled by Numba."""

from __future__ import annotations

import numpy as np

from interactions.compiled.jit import compiled

VALUE = np.full(256, -1, np.int8)
"""What each byte says as a hexadecimal digit; -1 where it is none."""
for _digit in range(16):
    VALUE[ord(f"{_digit:x}")] = VALUE[ord(f"{_digit:X}")] = _digit


@compiled
def hexadecimal(text, i):
    """The number that four hexadecimal digits say; negative where one is none."""
    value = 0
    for k in range(4):
        digit = VALUE[text[i + k]]
        if digit < 0:
            return -1
        value = value * 16 + digit
    return value
