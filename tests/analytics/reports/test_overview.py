"""How a data set grows, by when its records were received."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from interactions.analytics.reports.overview import added

from ...lakes import record
from .traffic import index_of


def test_imported_and_live_records_are_counted_on_the_day_they_came() -> None:
    came = [(27, 23, 1), (28, 22, 1), (28, 23, 1), (28, 23, 0), (29, 12, 0), (30, 23, 0)]
    index = index_of(
        record(received_at=datetime(2024, 5, day, hour, tzinfo=UTC), import_id=source) for day, hour, source in came
    )
    found = added(index, datetime(2024, 5, 30, 20, tzinfo=UTC), 3, ZoneInfo("Europe/London"))
    assert found.index[0] == datetime(2024, 5, 27, 23, tzinfo=UTC)
    assert found["imported"].tolist() == [2, 1, 0]
    assert found["live"].tolist() == [0, 2, 1]
