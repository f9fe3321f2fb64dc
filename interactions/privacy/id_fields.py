"""Find the fields of ids in any text, valid JSON or not, however their names are spelled.

Names are matched backwards from their colon, so brackets and quotes don't have to be balanced: truncated or damaged
text, and JSON within a string, are searched in the same way. ``user_id``, ``userId`` and ``user\\u005fid`` are the same
name.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled.jit import compiled
from interactions.compiled.json_text import hexadecimal

NONE, USER, ANONYMOUS = 0, 1, 2
_USER = np.frombuffer(b"userid", np.uint8)
_ANONYMOUS = np.frombuffer(b"anonymousid", np.uint8)


@compiled
def next_field(text, i, end):
    """Find the next id field from ``i`` on. Returns where its value begins, and its kind (NONE if there is none)."""
    while i < end:
        if text[i] == 0x3A:
            j = i - 1
            while j >= 0 and text[j] <= 0x20:
                j -= 1
            if j >= 0 and (text[j] == 0x22 or text[j] == 0x27):
                j -= 1
            while j >= 0 and text[j] == 0x5C:
                j -= 1
            kind = USER if _is_before(text, j, _USER) else ANONYMOUS if _is_before(text, j, _ANONYMOUS) else NONE
            if kind != NONE:
                i += 1
                while i < end and text[i] <= 0x20:
                    i += 1
                return i, kind
        i += 1
    return end, NONE


@compiled
def _is_before(text, j, name):
    """Whether the text up to ``j`` ends with a name, ignoring case, separators and escapes."""
    k = len(name) - 1
    while k >= 0:
        if j < 0:
            return False
        c = np.int64(text[j])
        step = 1
        if j >= 5 and text[j - 5] == 0x5C and text[j - 4] == 0x75:
            code = hexadecimal(text, j - 3)
            if code >= 0:
                c, step = code, 6
        j -= step
        while step == 6 and j >= 0 and text[j] == 0x5C:  # JSON within a string
            j -= 1
        if 0x41 <= c <= 0x5A:
            c += 0x20
        if c == 0x5F or c == 0x2D or c == 0x20:
            continue
        if c != name[k]:
            return False
        k -= 1
    return j < 0 or not _is_alphanumeric(text[j])


@compiled
def _is_alphanumeric(c):
    return 0x30 <= c <= 0x39 or 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A
