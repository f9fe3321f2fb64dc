"""Leases: consumers share partitions, and who has lost one writes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from interactions.ingest.streams.errors import LeaseLost
from interactions.ingest.streams.leases import Leases, Scope
from interactions.ingest.streams.reader import Found, Key
from interactions.models import Environment, StreamPosition

PARTITIONS = [Found(Key("shop", str(number))) for number in range(6)]


@pytest.fixture
def scope(production: Environment) -> Scope:
    found = Scope(production.pk, "kafka", "dojo", "c")
    Leases(found, "nobody").add({each.key: "" for each in PARTITIONS})
    return found


def settle(*consumers: Leases, found: Any = PARTITIONS) -> list[int]:
    """How many partitions each has once nobody takes any more."""
    for _ in range(10):
        for each in consumers:
            each.renew({})
            each.share(found)
    for each in consumers:
        each.renew({})
    return [len(each.held) for each in consumers]


def test_one_alone_has_all_and_others_get_their_share(scope: Scope) -> None:
    one, two, three, four = (Leases(scope, name) for name in "abcd")
    assert settle(one) == [6]
    assert settle(one, two) == [3, 3]
    assert settle(one, two, three) == [2, 2, 2]
    assert sorted(settle(one, two, three, four)) == [1, 1, 2, 2]
    keys = [key for each in (one, two, three, four) for key in each.held]
    assert len(keys) == len(set(keys)) == 6


def test_more_consumers_than_partitions_leave_each_with_one_holder(scope: Scope) -> None:
    consumers = [Leases(scope, f"{number}") for number in range(8)]
    assert sorted(settle(*consumers)) == [0, 0, 1, 1, 1, 1, 1, 1]


def test_what_is_let_go_or_runs_out_is_free_at_once(scope: Scope) -> None:
    one, two = Leases(scope, "a"), Leases(scope, "b")
    settle(one)
    one.release()
    two.share(PARTITIONS)
    assert len(two.held) == 6
    StreamPosition.objects.update(until=timezone.now() - timedelta(seconds=1))
    one.share(PARTITIONS)
    assert len(one.held) == 6
    assert not two.renew({})
    assert not two.held


def test_the_former_holder_writes_nothing(scope: Scope) -> None:
    key = PARTITIONS[0].key
    late, now = Leases(scope, "late"), Leases(scope, "now")
    late.share(PARTITIONS)
    late.write({key: "5"}, [])
    StreamPosition.objects.update(until=timezone.now() - timedelta(seconds=1))
    late.write({key: "6"}, [])  # it ran out, and nobody took it
    now.share(PARTITIONS)
    assert now.held[key].position == "6"
    with pytest.raises(LeaseLost):
        late.write({key: "9"}, [])
    now.write({key: "7"}, [])
    assert StreamPosition.objects.get(partition="0", topic="shop").position == "7"


def test_groups_and_clusters_keep_positions_of_their_own(scope: Scope, production: Environment) -> None:
    one = Leases(scope, "a")
    settle(one)
    one.write({PARTITIONS[0].key: "5"}, [])
    for other in (
        Scope(production.pk, "kafka", "other", "c"),
        Scope(production.pk, "kafka", "dojo", "d"),
        Scope(production.pk, "kinesis", "dojo", "c"),
    ):
        theirs = Leases(other, "b")
        theirs.add({PARTITIONS[0].key: ""})
        theirs.share(PARTITIONS[:1])
        assert theirs.held[PARTITIONS[0].key].position == ""


def test_a_shard_waits_until_all_before_it_were_read_to_their_end(production: Environment) -> None:
    scope = Scope(production.pk, "kinesis", "dojo", "c")
    left, right, merged = (Key("shop", name) for name in ("left", "right", "merged"))
    found = [Found(left), Found(right), Found(merged, (left, right))]
    one = Leases(scope, "a")
    one.add({each.key: "" for each in found})
    assert settle(one, found=found) == [2]
    for ended, held in ((left, {right}), (right, {merged})):
        one.write({ended: "9"}, [ended])
        one.written({ended: "9"}, [ended])
        settle(one, found=found)
        assert set(one.held) == held
