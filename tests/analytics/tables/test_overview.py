"""How a data set grows: records by the day on which they were received."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from interactions.analytics.reports.overview import Stored, stored
from tests import figures
from tests.lakes import append, record

NOW = datetime(2024, 6, 10, 12, tzinfo=UTC)


def received(at: str, count: int, *, import_id: int) -> None:
    moment = datetime.fromisoformat(at)
    append([record(received_at=moment) for _ in range(count)], import_id=import_id)


def test_records_count_on_the_day_they_were_received() -> None:
    received("2024-06-10T00:00:00Z", 3, import_id=1)
    received("2024-06-08T23:59:59Z", 2, import_id=0)
    frame = figures.added("production", NOW, 3, UTC)
    assert frame.index.tolist() == [datetime(2024, 6, day, tzinfo=UTC) for day in (8, 9, 10)]
    assert frame["imported"].tolist() == [0, 0, 3]
    assert frame["live"].tolist() == [2, 0, 0]


def test_days_are_those_of_the_zone() -> None:
    received("2024-06-09T16:00:00Z", 4, import_id=1)  # one in the morning of the 10th in Tokyo
    assert figures.added("production", NOW, 2, ZoneInfo("Asia/Tokyo"))["imported"].tolist() == [0, 4]


def test_what_is_older_is_left_out() -> None:
    received("2024-05-01T00:00:00Z", 4, import_id=1)
    assert figures.added("production", NOW, 7, UTC).to_numpy().sum() == 0


def test_what_came_later_is_added_to_what_is_remembered() -> None:
    received("2024-06-10T01:00:00Z", 1, import_id=1)
    figures.added("production", NOW, 1, UTC)
    received("2024-06-10T02:00:00Z", 2, import_id=0)
    frame = figures.added("production", NOW, 1, UTC)
    assert (frame["imported"].tolist(), frame["live"].tolist()) == ([1], [2])


def test_without_a_table_there_is_nothing() -> None:
    assert figures.added("production", NOW, 2, UTC).to_numpy().sum() == 0
    assert stored("production") == Stored(0, 0)


def test_what_lies_on_the_disk_is_the_sum_of_the_parts() -> None:
    received("2024-06-10T01:00:00Z", 1, import_id=1)
    received("2024-06-10T01:00:00Z", 1, import_id=1)
    found = stored("production")
    assert found.parts == 2 and found.size > 1000
