"""From when to when there is data."""

from __future__ import annotations

from datetime import UTC, datetime

from interactions.analytics.periods import ALL, Period
from interactions.analytics.reports.reach import Reach, reach

from ...lakes import record
from .traffic import index_of

NOW = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)


def reached(*moments: str) -> Reach:
    return reach(index_of(record(at=moment, user_id="u") for moment in moments), NOW)


def test_without_records_there_is_no_reach() -> None:
    assert reached() == Reach()


def test_records_of_the_past_are_all_of_it() -> None:
    found = reached("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")
    first, last = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    assert found == Reach(first, last, last, first, ALL)


def test_what_is_dated_after_tomorrow_is_left_out_of_all_time() -> None:
    found = reached("2024-02-28T00:00:00Z", "2024-03-01T12:00:00Z", "2024-05-01T00:00:00Z")
    assert found.newest == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert found.everything == Period(None, datetime(2024, 3, 2, tzinfo=UTC))
    assert found.later == Period(datetime(2024, 3, 3, tzinfo=UTC), None)


def test_a_lone_record_far_before_the_rest_is_left_out_of_all_time() -> None:
    found = reached("1970-01-01T00:00:00Z", *(f"2024-01-{day:02}T00:00:00Z" for day in range(1, 13)))
    assert found.begins == datetime(2024, 1, 1, tzinfo=UTC)
    assert found.everything == Period(found.begins, None)
    assert found.earlier == Period(None, datetime(2000, 1, 1, tzinfo=UTC))


def test_the_reach_of_one_import_is_of_its_records() -> None:
    index = index_of([record(at="2024-01-01T00:00:00Z", import_id=1), record(at="2024-02-01T00:00:00Z", import_id=2)])
    assert reach(index, NOW, import_id=2).first == datetime(2024, 2, 1, tzinfo=UTC)
