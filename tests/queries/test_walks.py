"""Walks along journeys, against the same in plain Python, however people are dealt into batches and pieces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.filters import Filter
from interactions.analytics.index.loops import Later
from interactions.contract.schema import TYPES
from interactions.queries import coding, crowds, dashboard, funnel, loops, product_loops, readying, tops, walks
from interactions.queries.bundling import bundled
from interactions.queries.covering import cover
from interactions.queries.crowds import Crowd
from interactions.queries.journeys import Journeys, what_of
from interactions.queries.walks import Asked

from ..lakes import append
from .test_summaries import BERLIN, hide
from .traffic import START, traffic

Row = tuple[int | None, int | None, int, str, str | None]  # user, visitor, moment, type, words

KEYS = st.one_of(st.none(), st.sampled_from([0, 1, 2, 3, -(1 << 63), (1 << 63) - 1, -5, 1 << 62]))
ROWS = st.tuples(
    KEYS,
    KEYS,
    st.one_of(st.integers(-50, 50), st.integers(-(1 << 40), 1 << 40)),
    st.sampled_from(["search", "click", "like", "impression"]),
    st.sampled_from([None, "a", "b"]),
)
PIECES = st.lists(st.lists(ROWS, max_size=30), max_size=4)
MANY = examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVERY = dict.fromkeys(TYPES, 0)
_way = "apart"


@pytest.fixture(autouse=True, params=["apart", "partly", "bundled"])
def bundled_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "_way", request.param)


@pytest.fixture(autouse=True, params=[1, 1 << 14])
def persons_a_batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "_BATCH", request.param)


def piece(rows: list[Row]) -> Journeys:
    """As ``moments_of`` orders them."""
    order = sorted(rows, key=lambda row: (*((key is None, key or 0) for key in row[:2]), row[2]))
    columns: list[Any] = list(zip(*order, strict=True)) or [[]] * 5
    words = [word if kind == "search" else None for kind, word in zip(columns[3], columns[4], strict=True)]
    return Journeys.of(
        pa.table(
            {
                "user_key": pa.array(columns[0], pa.int64()),
                "anonymous_key": pa.array(columns[1], pa.int64()),
                "at": pa.array(columns[2], pa.int64()),
                "what": pa.array([what_of(kind) for kind in columns[3]], pa.uint8()),
                "words": pa.array(words, pa.string()),
            }
        )
    )


def crowd_of(pieces: list[list[Row]]) -> Crowd:
    """Of some pieces as they are and of others put together in a bundle, as `bundled_pieces` says."""
    made = [piece(rows) for rows in pieces]
    several = {"apart": 0, "partly": len(made) - 1, "bundled": len(made)}[_way]
    return Crowd([*bundled(made[:several]), *made[several:]] if several > 0 else made)


def timelines(pieces: list[list[Row]]) -> dict[Any, list[Row]]:
    """What each person did, in order; of nobody under None."""
    rows = [row for piece in pieces for row in piece]
    owners: dict[int, set[int]] = {}
    for user, visitor, *_ in rows:
        if user is not None and visitor is not None:
            owners.setdefault(visitor, set()).add(user)
    found: dict[Any, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row[2]):
        user, visitor = row[:2]
        if user is None and visitor is not None and len(owners.get(visitor, ())) == 1:
            (user,) = owners[visitor]
        person = ("user", user) if user is not None else ("visitor", visitor) if visitor is not None else None
        found.setdefault(person, []).append(row)
    return found


def of_people(pieces: list[list[Row]]) -> Iterator[list[Row]]:
    return (rows for person, rows in timelines(pieces).items() if person is not None)


@MANY
@given(pieces=PIECES, quiet=st.sampled_from([1, 10, 1000]))
def test_sessions_and_people_of_bars(pieces: list[list[Row]], quiet: int) -> None:
    starts = np.array([-20, 0, 7, 40], np.int64)

    def bar(moment: int) -> int:
        return max(int(np.searchsorted(starts, moment, side="right")) - 1, 0)

    sessions, people = [0] * 4, [0] * 4
    for rows in of_people(pieces):
        moments = [row[2] for row in rows]
        for place, moment in enumerate(moments):
            sessions[bar(moment)] += place == 0 or moment - moments[place - 1] >= quiet
        for each in {bar(moment) for moment in moments}:
            people[each] += 1
    crowd = crowd_of(pieces)
    found = walks.visits(crowd, Asked.by(Filter(), EVERY), starts, quiet)
    assert [each.tolist() for each in found] == [sessions, people]


@MANY
@given(pieces=PIECES)
def test_who_occurs(pieces: list[list[Row]]) -> None:
    rows = [row for piece in pieces for row in piece]
    asked = Asked.by(Filter(types=("like", "click")), EVERY)
    meant = [row for row in rows if row[3] in ("like", "click")]
    users = {row[0] for row in meant} - {None}
    visitors = {row[1] for row in meant} - {None}
    people = [1 for each in of_people(pieces) if any(row[3] in ("like", "click") for row in each)]
    assert walks.counted(crowd_of(pieces), asked) == (len(users), len(visitors), len(people))


@MANY
@given(pieces=PIECES, within=st.sampled_from([0, 3, 100]))
def test_searches_that_are_followed(pieces: list[list[Row]], within: int) -> None:
    expected: dict[str, list[int]] = {}
    for person, rows in timelines(pieces).items():
        for _user, _visitor, moment, kind, word in rows:
            if kind == "search" and word is not None:
                counts = expected.setdefault(word, [0, 0])
                counts[0] += 1
                counts[1] += person is not None and any(
                    row[3] == "click" and 0 <= row[2] - moment <= within for row in rows
                )
    crowd = crowd_of(pieces)
    asked = Asked.by(Filter(), {"search": 0}).beside({"click": loops.NO_WORDS})
    searches, followed = walks.searches(crowd, [asked] * len(crowd.pieces), within)
    words = crowd.words[0].to_pylist()
    found = {word: [int(searches[place]), int(followed[place])] for place, word in enumerate(words) if searches[place]}
    assert found == expected


@MANY
@given(runs=st.lists(st.lists(st.integers(0, 20), max_size=8), max_size=9))
def test_moments_are_put_in_order_with_their_tags(runs: list[list[int]]) -> None:
    people = [[moment for run in runs[number::3] for moment in sorted(run)] for number in range(3)]
    moments = np.array([moment for each in people for moment in each], np.int64)
    tags = np.arange(len(moments), dtype=np.int32)
    edges = np.cumsum([0, *map(len, people)])
    pairs = [sorted(zip(moments[start:end], tags[start:end], strict=True)) for start, end in _ranges(edges)]
    mixed = np.array([each != sorted(each) for each in people])
    loops.put_in_order(mixed, edges[:-1], edges[1:], moments, tags, np.empty_like(moments), np.empty_like(tags))
    assert [list(zip(moments[start:end], tags[start:end], strict=True)) for start, end in _ranges(edges)] == pairs


def _ranges(edges: np.ndarray) -> list[tuple[int, int]]:
    return [(int(edges[place]), int(edges[place + 1])) for place in range(len(edges) - 1)]


def test_nothing_is_left_to_compile_once_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    readying.ready()
    compiled = {
        name: each.made
        for module in (coding, loops, product_loops)
        for name, each in vars(module).items()
        if isinstance(each, Later)
    }
    before = {name: len(each.signatures) for name, each in compiled.items()}
    assert "visit" in before
    records = traffic(400)
    append(records[:300], import_id=1)
    cover("production", BERLIN)
    append(records[300:], import_id=2)
    hide(monkeypatch, (1, None, START))
    for asked in (Filter(), Filter(import_id=2), Filter(region="Kent")):
        dashboard.totals("production", asked)
        dashboard.sparklines("production", asked, dashboard.Unit.DAY, BERLIN)
        funnel.funnel("production", asked, funnel.SHOP)
        tops.top("production", asked, tops.Subject.SEARCHES)
    assert {name: len(each.signatures) for name, each in compiled.items()} == before


def test_nothing_is_left_to_compile_where_journeys_are_put_together() -> None:
    readying.compile_all()
    compiled = {name: each.made for name, each in vars(loops).items() if isinstance(each, Later)}
    before = {name: len(each.signatures) for name, each in compiled.items()}
    list(bundled([piece([(1, 2, 3, "search", "a")]), piece([(1, 2, 2, "click", None)])]))
    assert {name: len(each.signatures) for name, each in compiled.items()} == before


def test_a_process_that_asks_nothing_does_without_numba() -> None:
    """The API's processes import all pages, and Django's admin, and have little memory."""
    code = (
        "import django, sys; django.setup()\n"
        "import dojo.asgi, dojo.urls, interactions.urls, interactions.privacy.stores\n"
        "assert 'interactions.queries.walks' in sys.modules\n"
        "assert 'numba' not in sys.modules"
    )
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "dojo.settings"}
    subprocess.run([sys.executable, "-c", code], check=True, env=named)


def test_threads_that_need_the_loops_first_and_at_once_all_get_them() -> None:
    """As several requests do that come to a web process that has just started."""
    code = (
        "import django, sys, threading; django.setup()\n"
        "import dojo.urls\n"
        "import pyarrow as pa\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from interactions.contract import keyring\n"
        "from interactions.codec.origin import Origin\n"
        "from interactions.codec.reader import Reader\n"
        "from interactions.queries import loops\n"
        "from interactions.analytics.index.loops import Later\n"
        "assert 'numba' not in sys.modules\n"
        "together = threading.Barrier(12)\n"
        "key = keyring.Keyring(bytes(16))\n"
        "of_questions = [each for each in vars(loops).values() if isinstance(each, Later)][:8]\n"
        "def ask(number):\n"
        "    together.wait(60)\n"
        "    if number < 8:\n"
        "        return of_questions[number].made\n"
        "    scanner = Reader(Origin(0, None), key, longest=1)\n"
        "    return scanner._scanner if number < 10 else key.column(pa.array(map(str, range(5_000))))\n"
        "with ThreadPoolExecutor(12) as threads:\n"
        "    assert all(threads.map(ask, range(12)))"
    )
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "dojo.settings"}
    subprocess.run([sys.executable, "-c", code], check=True, env=named, timeout=300)
