"""Partitions of a build are of about as many events each, and whole people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interactions.analytics.index import plan
from interactions.analytics.index.plan import Paired, Plan, people_of
from interactions.analytics.index.records import RowGroups
from interactions.analytics.index.run import NONE, Pairs


def users(*records: int) -> Pairs:
    """A user for each number of events."""
    keys = np.arange(len(records), dtype=np.int64) * 7919 % 1_009
    return Pairs(keys, np.zeros_like(keys), np.ones(len(keys), np.uint8), np.array(records, np.int64))


def test_no_partition_is_larger_than_it_may_be_but_by_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PARTITION", 100)
    counts = [1 + number * 37 % 60 for number in range(200)]
    counts[50] = 5_000
    pairs = users(*counts)
    made = Plan.of(pairs, [])
    sizes = np.bincount(made.partition, pairs.records, made.of_people)
    assert sizes.sum() == sum(counts)
    assert sorted(sizes)[-2] <= 200
    assert max(sizes) <= 5_200
    assert made.of_people >= 30


def test_people_of_one_partition_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PARTITION", 50)
    made = Plan.of(users(*range(1, 60)), [])
    in_order = np.argsort(made.people.rank)
    assert made.partition[in_order].tolist() == sorted(made.partition.tolist())


def test_starts_are_the_sums_of_all_before() -> None:
    both = Pairs(
        np.array([7, 7, 0, 9]), np.array([0, 3, 3, 0]), np.array([1, 3, 2, 1], np.uint8), np.array([2, 1, 4, 5])
    )
    people = people_of(both)
    assert people.persons.keys.tolist() == [7, 9]
    assert people.starts.tolist() == [0, 7, 12]
    assert people.rank.tolist() == [0, 0, 0, 1]


def test_nobody_has_no_rank() -> None:
    nobody = Pairs(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.uint8), np.array([9]))
    people = people_of(nobody)
    assert people.rank.tolist() == [NONE]
    assert people.starts.tolist() == [0]
    assert Plan.of(nobody, []).of_people == 0


def test_batches_are_of_so_many_records_and_those_of_nobody_are_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BATCH", 100)
    monkeypatch.setattr(plan, "PARTITION", 150)
    pieces = [Paired(RowGroups(Path("part"), (number,), 40), 0, 40) for number in range(10)]
    batches = Plan.of(users(), pieces).batches
    assert [len(batch.pieces) for batch in batches] == [3, 3, 3, 1]
    assert [batch.nobody for batch in batches] == [0, 0, 1, 1]
