"""What a first question would wait for, done ahead: the engine at work, and the loops loaded, or compiled.

A web process does so when it shows its first page of an environment: while that is read, mostly. It takes a fifth of a
second, and some ten MB that a process that answers the API alone has no need of.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.devices import device_of
from interactions.analytics.engine import reading
from interactions.analytics.filters import Filter
from interactions.contract.schema import TYPES
from interactions.queries import walks
from interactions.queries.bundling import bundled
from interactions.queries.crowds import Crowd
from interactions.queries.journeys import Journeys, moments_of, what_of
from interactions.queries.kinds import KINDS, QUARTER_US
from interactions.queries.named import Named
from interactions.queries.product_bars import Piece, counted, numbered
from interactions.queries.summaries import columns_of
from interactions.queries.walks import Asked

_begun = threading.Event()
_JOURNEY: Final = pa.table(
    {
        "user_key": pa.array([None], pa.int64()),
        "anonymous_key": pa.array([0], pa.int64()),
        "at": pa.array([0], pa.int64()),
        "what": pa.array([what_of("search")], pa.uint8()),
        "words": pa.array(["words"]),
    }
)


def begin() -> None:
    """Be ready soon, without keeping anybody waiting. Only the first call in a process does anything."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=ready, name="readying", daemon=True).start()


def ready() -> None:
    """Start the engine and the reader of user agents, and load the loops by walking along a journey."""
    device_of("a user agent")
    with reading() as read:
        read.answer(moments_of(read.records([])))
    for kind in KINDS:
        columns_of(kind)
    _load_loops()


def _load_loops() -> None:
    journey = Journeys.of(_JOURNEY)
    crowd, asked = Crowd([journey]), Asked.by(Filter(), {"search": 0})
    bars = np.zeros(1, np.int64)
    walks.visits(crowd, asked, bars, 0)
    walks.visits(crowd, Asked.by(Filter(), dict.fromkeys(TYPES, 0)), bars, 0)
    walks.steps(crowd, asked, 1)
    walks.searches(crowd, [asked], 0)
    walks.counted(crowd, asked)
    walks.spans([(journey, np.empty(0, np.int32))], asked)
    day = {"day": [0], "product": ["a product"], "first": [0], "last": [QUARTER_US], "quarters": [[0, 1]]}
    named = Named.of_days(pa.table(day))
    products, meanings = numbered([named.products])
    for until in (2 * QUARTER_US, QUARTER_US):  # the whole day, and a part of it
        counted([Piece(named, meanings[0], bars, 0, until)], len(products), 1)


def compile_all() -> None:
    """Have all loops compiled, also those that only summing up needs. Asks no database: there may be none yet."""
    _load_loops()
    list(bundled([Journeys.of(_JOURNEY)]))
