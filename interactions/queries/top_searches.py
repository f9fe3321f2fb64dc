"""What is searched for, and which searches lead to something."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.filters import Filter
from interactions.queries import walks
from interactions.queries.along import along
from interactions.queries.answers import Question
from interactions.queries.crowds import Crowd
from interactions.queries.loops import NO_WORDS
from interactions.queries.walks import Asked

FOLLOWS: Final = ("click", "product_detail_page_view")
WITHIN: Final = timedelta(minutes=5)  # from the search on, both ends inside
_WITHIN_US: Final = WITHIN // timedelta(microseconds=1)


def searches(filter: Filter) -> Question:
    """``keywords, searches, followed``: after how many the same person did one of FOLLOWS WITHIN the time.

    The filter is about the search; what follows is looked for in the whole data set.
    """

    def walk(crowd: Crowd) -> pa.Table:
        searching = Asked.by(filter, {"search": 0})
        following = dict.fromkeys(FOLLOWS, NO_WORDS)
        asked = [searching.beside(following)] * len(crowd.pieces)
        if crowd.asked is not None:
            others = Asked.by(Filter(filter.period), following)
            asked = [searching if is_asked else others for is_asked in crowd.asked]
        counts, followed = walks.searches(crowd, asked, _WITHIN_US)
        words, there = crowd.words[0], np.flatnonzero(counts)
        return pa.table({"keywords": words.take(there), "searches": counts[there], "followed": followed[there]})

    return along(filter, "searches", walk, beside=True)
