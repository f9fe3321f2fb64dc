"""A pass that counts events by the code of a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.analytics.index.loops import compiled


@compiled
def count_codes(begins: Any, ends: Any, events: Any, codes: Any, counts: Any) -> None:
    """Count events by code, in ``counts`` (int64[codes + 1]), whose first entry is for no value."""
    is_chosen = len(events) > 0
    # Consecutive events mostly have equal codes, and repeated additions to the same element are slow.
    code, several = -1, 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            if codes[event] != code:
                counts[np.uint64(code + 1)] += several
                code, several = codes[event], 0
            several += 1
    counts[np.uint64(code + 1)] += several
