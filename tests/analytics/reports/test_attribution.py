"""What carries a miso_id, against plain Python."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures import results
from interactions.analytics.periods import Unit
from interactions.analytics.reports.attribution import assisted, assisted_over_time

from ...lakes import Record, record
from ...traffic import chosen, of_types, revenue
from .traffic import FILTERS, index_of, records, whole


def with_id(rows: list[Record]) -> list[Record]:
    return [row for row in rows if row["miso_id"] is not None]


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_the_assisted_share_is_of_what_the_filter_lets_through(asked: Filter) -> None:
    rows, of_all_types = chosen(records(), asked), with_id(chosen(records(), asked.of_all_types()))
    found = assisted(whole(), asked)
    assert (found.records, found.assisted) == (len(rows), len(with_id(rows)))
    assert found.conversions_assisted == len(of_types(with_id(rows), "checkout", "subscribe"))
    assert found.revenue == pytest.approx(revenue(rows))
    assert found.revenue_assisted == pytest.approx(revenue(with_id(rows)))
    types = Counter(row["type"] for row in with_id(rows))
    assert {row.type: row.assisted for row in found.types.itertuples() if row.assisted} == types
    results = Counter(row["miso_id"] for row in of_all_types)
    assert (found.miso_ids, found.seen_once) == (len(results), sum(count == 1 for count in results.values()))
    clicks = of_types(of_all_types, "click")
    shown = {row["miso_id"] for row in of_types(of_all_types, "impression", "viewable_impression")}
    assert found.clicks == len(clicks)
    assert found.clicks_unshown == sum(row["miso_id"] not in shown for row in clicks)


def test_a_result_is_one_however_its_id_is_spelt() -> None:
    text = "0f8fad5b-d9cb-469f-a165-70867728950e"
    index = index_of([record("click", miso_id=text), record("impression", miso_id=text.upper())])
    found = assisted(index, Filter())
    assert (found.miso_ids, found.clicks, found.clicks_unshown) == (1, 1, 0)


def test_tables_of_results_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_ROOM", 4)
    ids = [str(UUID(int=number % 40)) for number in range(60)]
    index = index_of([record("click", miso_id=each, user_id=f"u{place % 7}") for place, each in enumerate(ids)])
    found = assisted(index, Filter())
    assert (found.miso_ids, found.seen_once, found.clicks) == (40, 20, 60)


def test_every_bar_has_records_with_and_without_an_id() -> None:
    found = assisted_over_time(whole(), Filter(), Unit.DAY)
    expected = Counter(Unit.DAY.floor(row["timestamp"]) for row in with_id(list(records())))
    assert found["assisted"].to_dict() == {start: expected[start] for start in found.index}
    assert found.to_numpy().sum() == len(records())
