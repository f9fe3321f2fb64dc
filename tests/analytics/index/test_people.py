"""Who is who in an index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics.index.people import owners, persons, with_visitors
from interactions.analytics.index.run import Pairs

IDS = st.one_of(st.none(), st.integers(1, 4), st.sampled_from([-(2**63), 2**63 - 1, 0]))


def pairs_of(rows: list[tuple[int | None, int | None]], records: list[int] | None = None) -> Pairs:
    user = np.array([user or 0 for user, _ in rows], np.int64)
    visitor = np.array([visitor or 0 for _, visitor in rows], np.int64)
    has = np.array([(user is not None) + 2 * (visitor is not None) for user, visitor in rows], np.uint8)
    return Pairs(user, visitor, has, np.array([1] * len(rows) if records is None else records, np.int64))


def people_of(pairs: Pairs) -> list[tuple[int, int]]:
    keys, alone = persons(pairs)
    return list(zip(keys.tolist(), alone.tolist(), strict=True))


def test_an_anonymous_id_belongs_to_the_one_user_that_it_was_seen_with() -> None:
    assert people_of(pairs_of([(1, 9), (None, 9), (None, 8), (2, None)])) == [(1, 0), (1, 0), (8, 1), (2, 0)]


def test_a_shared_device_belongs_to_nobody() -> None:
    assert people_of(pairs_of([(1, 9), (2, 9), (None, 9)])) == [(1, 0), (2, 0), (9, 1)]


def test_a_link_without_records_is_none() -> None:
    assert people_of(pairs_of([(1, 9), (2, 9), (None, 9)], [1, 0, 1]))[2] == (1, 0)
    assert people_of(pairs_of([(1, 9), (None, 9)], [0, 1]))[1] == (9, 1)


def test_records_without_ids_are_nobodys() -> None:
    assert people_of(pairs_of([(None, None)])) == [(0, 0)]


def test_owners_rise() -> None:
    names, users = owners(pairs_of([(1, 9), (3, 7), (2, 8), (4, 8)]))
    assert names.tolist() == [7, 9]
    assert users.tolist() == [3, 1]


@given(st.sets(st.tuples(IDS, IDS), max_size=20).map(list), st.data())
def test_persons_are_those_of_the_rule(rows: list[tuple[int | None, int | None]], data: st.DataObject) -> None:
    records = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    seen: dict[int, set[int]] = {}
    for (user, visitor), count in zip(rows, records, strict=True):
        if user is not None and visitor is not None and count:
            seen.setdefault(visitor, set()).add(user)
    expected = []
    for user, visitor in rows:
        with_users = seen.get(visitor, set()) if visitor is not None else set()
        owner = next(iter(with_users)) if len(with_users) == 1 else None
        person = user if user is not None else owner if owner is not None else visitor
        expected.append((person or 0, int(user is None and owner is None and visitor is not None)))
    assert people_of(pairs_of(rows, records)) == expected


@pytest.mark.parametrize("count", [0, 1, 40_000])
def test_pairs_are_found_by_their_anonymous_ids(count: int) -> None:
    visitor = np.arange(100_000, dtype=np.int64) * 7919 - 350_000_000
    has = (np.arange(100_000) % 4).astype(np.uint8)
    pairs = Pairs(np.ones(100_000, np.int64), visitor, has, np.ones(100_000, np.int64))
    wanted = np.r_[visitor[:count], [5]]
    assert with_visitors(pairs, wanted).tolist() == np.flatnonzero((has & 2 > 0) & np.isin(visitor, wanted)).tolist()
