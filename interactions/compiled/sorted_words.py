"""Look up words in a sorted array of words that are spread evenly, such as hashes. Compiled by Numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.compiled.jit import compiled_beside

_LOOKS = 3  # at where a word should be: each is off by the square root of what the one before was
_RANGE = 2.0**64


@compiled_beside
def places(ordered: Any, words: Any, out: Any) -> Any:
    """Write to ``out`` (int64) what ``np.searchsorted`` returns for ``ordered`` and ``words``, both uint64. ``ordered``
    isn't empty.

    As the words are spread evenly, each says nearly where it is. All are looked at once before any is looked at again:
    what one waits for from memory doesn't depend on the others, so the processor waits for several at a time.
    """
    count = np.int64(len(ordered))
    density = len(ordered) / _RANGE
    for at in range(len(words)):
        out[at] = 0
    for _ in range(_LOOKS):
        for at in range(len(words)):
            guess = out[at]
            ahead = np.int64((np.float64(words[at]) - np.float64(ordered[guess])) * density)
            out[at] = min(max(guess + ahead, np.int64(0)), count - 1)
    for at in range(len(words)):
        word, step = words[at], np.int64(1)
        low = high = out[at]
        while high < count and ordered[high] < word:  # ever farther, until the word is between the two
            low, high, step = high + 1, high + step, 2 * step
        while low > 0 and ordered[low - 1] >= word:
            low, high, step = low - step, low - 1, 2 * step
        low, high = max(low, np.int64(0)), min(high, count)
        while low < high:
            middle = (low + high) // 2
            if ordered[middle] < word:
                low = middle + 1
            else:
                high = middle
        out[at] = low
