"""Conditions that last are told when they begin and when they're over, never each minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from interactions import readiness
from interactions.errors import DataNotReady
from interactions.ingest.live import calls
from interactions.models import Alarm, Environment, NotificationRules
from interactions.notifications import conditions
from interactions.notifications.events import NotifiedEvent
from tests.deliveries import delivery

from .told import channel, titles

Event = NotifiedEvent
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]


def came(minutes_ago: float, **values: Any) -> None:
    calls.push([delivery(at=datetime.now(UTC) - timedelta(minutes=minutes_ago), **values)])


def checked(times: int = 2) -> None:
    for _ in range(times):
        conditions.check()


def test_silence_is_told_once_and_so_is_its_end() -> None:
    came(61)
    checked(3)
    assert titles(Event.LIVE_QUIET) == ["No live records in Production for 60 minutes"]
    came(0)
    checked(3)
    assert titles(Event.LIVE_QUIET)[1:] == ["Live records arrive again in Production"]


def test_silence_is_told_again_when_it_comes_again(environment: Environment) -> None:
    NotificationRules.objects.create(environment=environment, quiet_minutes=5)
    for minutes in (6, 0):
        came(minutes)
        checked(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditions.timezone, "now", lambda: datetime.now(UTC) + timedelta(minutes=10))
        checked(2)
    assert len(titles(Event.LIVE_QUIET)) == 3


@pytest.mark.parametrize(
    "calls_that_came",
    [
        pytest.param([], id="nothing ever came"),
        pytest.param([(59, {})], id="something came in time"),
        pytest.param([(61, {"status": 422}), (1, {})], id="a refused call, and a good one"),
        pytest.param([(61, {"path": "/v1/interactions?dry_run=1"})], id="a dry run"),
        pytest.param([(61, {"method": "GET", "path": "/v1/reports/totals"})], id="a read"),
    ],
)
def test_silence_is_not_told_where(calls_that_came: list[tuple[float, dict[str, Any]]]) -> None:
    for minutes, values in calls_that_came:
        came(minutes, **values)
    checked()
    assert not titles(Event.LIVE_QUIET)


def test_refused_calls_are_told_above_the_share_and_when_they_are_over() -> None:
    came(50, records=90)
    came(40, records=10, status=422)
    checked(3)
    assert titles(Event.MANY_REFUSED) == ["10.0% of live records are refused in Production"]
    came(0, records=900)
    checked(3)
    assert titles(Event.MANY_REFUSED)[1:] == ["Live records are accepted again in Production"]


@pytest.mark.parametrize(
    ("good", "bad", "minutes"),
    [(95, 5, 10), (5, 5, 10), (50, 50, 70)],
    ids=["5% are the limit", "too few to say", "longer ago than an hour"],
)
def test_refused_calls_are_not_told_where(good: int, bad: int, minutes: float) -> None:
    came(minutes, records=good)
    came(minutes, records=bad, status=422)
    checked()
    assert not titles(Event.MANY_REFUSED)


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_full_disk_is_told_once_and_so_is_its_end(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DISK_RESERVE_BYTES = 100
    for free in (250, 199, 150, 250, 301, 250):
        monkeypatch.setattr(conditions.shutil, "disk_usage", lambda _, free=free: _Usage(1000, 0, free))
        checked(2)
    assert titles(Event.DISK_LOW) == ["Dojo's disk is nearly full", "Dojo's disk has space again"]


def test_a_ring_that_is_away_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise calls.RingAway

    monkeypatch.setattr(conditions.ring, "recent", away)
    checked()
    assert not Alarm.objects.filter(is_on=True).exists()


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[[readiness.Overall, int], None]:
    """Have the Health page say something, and check some times."""

    class _Report(NamedTuple):
        overall: readiness.Overall

    def said(overall: readiness.Overall, times: int = 2) -> None:
        monkeypatch.setattr(readiness, "report", lambda _: _Report(overall))
        for _ in range(times):
            conditions.check_health()

    return said


Overall = readiness.Overall


def test_poorer_health_is_told_once_and_so_is_its_recovery(environment: Environment, verdict: Any) -> None:
    channel(environment)
    for overall in (Overall.READY, Overall.NEARLY, Overall.READY):
        verdict(overall, 3)
    assert titles(Event.HEALTH_FELL) == [
        'Health of Production fell to "Nearly ready"',
        'Health of Production is "Ready" again',
    ]


def test_each_step_down_is_told_and_only_all_the_way_up_is_its_end(environment: Environment, verdict: Any) -> None:
    channel(environment)
    for overall in (Overall.READY, Overall.NEARLY, Overall.NOT_YET, Overall.NEARLY, Overall.READY):
        verdict(overall)
    assert [title.split(" ", 3)[3] for title in titles(Event.HEALTH_FELL)] == [
        'fell to "Nearly ready"',
        'fell to "Not yet ready"',
        'is "Ready" again',
    ]


def test_a_verdict_that_was_seen_once_is_no_news(environment: Environment, verdict: Any) -> None:
    channel(environment)
    verdict(Overall.READY)
    verdict(Overall.NEARLY, 1)
    verdict(Overall.READY)
    assert not titles(Event.HEALTH_FELL)


def test_health_is_not_told_where_it_was_poor_from_the_start_or_nobody_asks(
    environment: Environment, verdict: Any
) -> None:
    verdict(Overall.READY)
    verdict(Overall.NOT_YET)
    channel(environment)
    verdict(Overall.NOT_YET, 3)
    assert not titles(Event.HEALTH_FELL)


def test_health_that_cannot_be_told_now_is_left_to_the_next_check(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def building(_: Environment) -> None:
        raise DataNotReady("Not yet.")

    channel(environment)
    monkeypatch.setattr(readiness, "report", building)
    conditions.check_health()
    assert not titles(Event.HEALTH_FELL)
