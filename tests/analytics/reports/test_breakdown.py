"""Breakdowns against plain Python: each measure by each property, through filters, in all and by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest

from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures import breakdown as figures
from interactions.analytics.index.figures import group_sets
from interactions.analytics.periods import Period, Unit
from interactions.analytics.properties import LISTS, PROPERTIES, Breakdown, Measure
from interactions.analytics.reports.breakdown import breakdown, breakdown_over_time
from interactions.contract.schema import GROUP_OF

from ...lakes import Record, record
from ...traffic import Persons, chosen, revenue
from .traffic import FILTERS, index_of, moved, records, whole

Amount = dict[str | None, float]

VALUES: Final[dict[str, Callable[[Record], list[str | None]]]] = {
    **{name: lambda row, name=name: [row[name]] for name in ("type", "keywords", "region", "locale", "result_type")},
    **{name: lambda row, name=name: [row[f"campaign_{name}"]] for name in ("source", "medium", "term", "content")},
    "referrer": lambda row: [urlsplit(row["page_referrer"] or "").hostname],
    "campaign": lambda row: [row["campaign_name"]],
    "group": lambda row: [GROUP_OF[row["type"]].value],
    "page": lambda row: [row["page_url"] and row["page_url"].split("?")[0].split("#")[0]],
    "product": lambda row: sorted(set(row["product_ids"] or [])) or [None],
    "category": lambda row: sorted(set(row["category"] or [])) or [None],
    "device": lambda row: [device_of(row["user_agent"]).value],
    "assisted": lambda row: ["no" if row["miso_id"] is None else "yes"],
    "origin": lambda row: ["import" if row["import_id"] else "live"],
    "signed_in": lambda row: ["no" if row["user_id"] is None else "yes"],
}
SOME: Final = tuple(FILTERS[place] for place in (0, 1, 4, 7, 11, 17, 21, 23))
DAY: Final = timedelta(days=1)


def grouped(rows: Iterable[Record], by: str) -> dict[str | None, list[Record]]:
    groups: dict[str | None, list[Record]] = defaultdict(list)
    for row in rows:
        for value in VALUES[by](row):
            groups[value].append(row)
    return groups


def people(rows: Iterable[Record]) -> set[Any]:
    persons = Persons(records())
    return {person for row in rows if (person := persons.of(row)) is not None}


def sessions(rows: Iterable[Record]) -> dict[int, Any]:
    """The session of each record of somebody, by the record's id in memory: its person and when it began."""
    found: dict[int, Any] = {}
    for person, timeline in Persons(records()).timelines(rows).items():
        began = before = None
        for row in timeline:
            if before is None or row["timestamp"] - before >= timedelta(minutes=30):
                began = row["timestamp"]
            found[id(row)], before = (person, began), row["timestamp"]
    return found


def divided(rows: Iterable[Record]) -> Amount:
    """The revenue of check-outs by product."""
    sums: Amount = defaultdict(float)
    for row in rows:
        if row["type"] == "checkout" and row["revenue"] is not None:
            names, parts = row["product_ids"] or [None], row["quantities"] or []
            if len(parts) != len(names) or not sum(parts):
                parts = [1.0] * len(names)
            for name, part in zip(names, parts, strict=True):
                sums[name] += row["revenue"] * part / sum(parts)
    return sums


def expected(rows: list[Record], asked: Breakdown) -> Amount:
    groups = grouped(rows, asked.by)
    match asked.measure:
        case Measure.RECORDS:
            amounts = {value: float(len(group)) for value, group in groups.items()}
        case Measure.PEOPLE:
            amounts = {value: float(len(people(group))) for value, group in groups.items()}
        case Measure.SESSIONS:
            of = sessions(rows)
            amounts = {
                value: float(len({of.get(id(row)) for row in group} - {None})) for value, group in groups.items()
            }
        case Measure.PRODUCTS:
            amounts = {
                value: float(len({name for row in group for name in row["product_ids"] or []}))
                for value, group in groups.items()
            }
        case Measure.REVENUE if asked.by == "product":
            amounts = divided(rows)
        case Measure.REVENUE:
            amounts = {value: revenue(group) for value, group in groups.items()}
        case Measure.CONVERSION:
            won = people(row for row in rows if row["type"] == asked.goal)
            return {value: float(len(people(group) & won)) for value, group in groups.items() if people(group)}
    return {value: amount for value, amount in amounts.items() if amount}


def found(frame: pd.DataFrame, column: str) -> Amount:
    return dict(zip(frame["value"], frame[column].astype(float), strict=True))


def meaningful() -> list[Breakdown]:
    return [
        Breakdown(by, measure, "search")
        for by in PROPERTIES
        for measure in Measure
        if (by, measure) != ("product", Measure.PRODUCTS)
    ]


def test_every_property_is_tried() -> None:
    assert set(VALUES) == set(PROPERTIES)


@pytest.mark.parametrize("asked", meaningful(), ids=lambda each: f"{each.measure} by {each.by}")
def test_each_measure_by_each_property_is_what_plain_python_counts(asked: Breakdown) -> None:
    for filter in SOME:
        rows = chosen(records(), filter.of_all_types() if asked.measure is Measure.CONVERSION else filter)
        frame = breakdown(whole(), filter, asked, 1000)
        column = "converted" if asked.measure is Measure.CONVERSION else asked.measure.value
        assert found(frame, column) == pytest.approx(expected(rows, asked))


@pytest.mark.parametrize("measure", Measure)
def test_people_who_moved_into_another_run_count_once(measure: Measure) -> None:
    asked = Breakdown("category", measure)
    pd.testing.assert_frame_equal(breakdown(moved(), Filter(), asked), breakdown(whole(), Filter(), asked))


def test_the_values_with_the_most_come_first_and_all_others_count_once() -> None:
    frame = breakdown(whole(), Filter(), Breakdown("product", Measure.PEOPLE), 3)
    groups = grouped(records(), "product")
    ranked = sorted((name for name in groups if name), key=lambda name: (-len(people(groups[name])), name))
    assert frame["value"].tolist() == [*ranked[:3], None, None]
    assert frame["is_other"].tolist() == [False] * 3 + [True, False]
    others = [row for name in ranked[3:] for row in groups[name]]
    assert frame["people"].tolist()[3:] == [len(people(others)), len(people(groups[None]))]
    assert frame.attrs == {"size": len(ranked), "total": len(people(records()))}
    assert frame["share"].tolist() == pytest.approx(frame["people"] / len(people(records())))


@pytest.mark.parametrize("measure", [each for each in Measure if each is not Measure.CONVERSION])
def test_over_time_each_bar_is_as_a_filter_by_its_period(measure: Measure) -> None:
    asked, shown = Breakdown("region", measure), ("Kent", "Tokyo", "nowhere")
    frame = breakdown_over_time(whole(), Filter(), asked, shown, Unit.DAY, UTC)
    if measure is Measure.SESSIONS:  # which are cut by a period, but not by a bar
        of = sessions(records())
        for value, rows in grouped(records(), "region").items():
            begun = [began for _, began in {of[id(row)] for row in rows if id(row) in of}]
            if value in shown:
                days = pd.Series(1, pd.DatetimeIndex(begun)).resample("D").sum()
                column = frame[shown.index(value)]
                assert column[column > 0].tolist() == days[days > 0].tolist()
        return
    for start, row in frame.iterrows():
        day = start.to_pydatetime()
        amounts = expected(chosen(records(), Filter(Period(day, day + DAY))), asked)
        others = {name for name in amounts if name not in (*shown, None)}
        assert row[:3].tolist() == pytest.approx([amounts.get(name, 0) for name in shown])
        assert row[4] == pytest.approx(amounts.get(None, 0))
        assert (row[3] > 0) == bool(others)


def test_a_conversion_over_time_is_of_the_people_of_each_bar() -> None:
    asked = Breakdown("region", Measure.CONVERSION)
    frame = breakdown_over_time(whole(), Filter(), asked, ("Kent",), Unit.WEEK, UTC)
    for start, share in frame[0].items():
        week = Filter(Period(start.to_pydatetime(), start.to_pydatetime() + 7 * DAY))
        rows = chosen(records(), week)
        there = people(row for row in rows if row["region"] == "Kent")
        won = people(row for row in rows if row["type"] == "checkout")
        assert share == pytest.approx(len(there & won) / len(there)) if there else np.isnan(share)


def test_products_are_counted_alike_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Breakdown("region", Measure.PRODUCTS)
    at_once = breakdown(whole(), Filter(), asked)
    monkeypatch.setattr(figures, "_AT_ONCE", 50)
    pd.testing.assert_frame_equal(breakdown(index_of(records()), Filter(), asked), at_once)


@pytest.mark.parametrize("by", [by for by in PROPERTIES if by not in LISTS])
def test_people_are_counted_alike_by_few_values_and_by_many(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, filters = Breakdown(by, Measure.PEOPLE), (Filter(), Filter(product_id="p3"))
    few = [breakdown(moved(), filter, asked, 1) for filter in filters]
    monkeypatch.setattr(group_sets, "_MOST_GROUPS", 0)
    for filter, frame in zip(filters, few, strict=True):
        pd.testing.assert_frame_equal(breakdown(index_of(records()), filter, asked, 1), frame)


def test_sixty_four_values_are_counted_as_sixty_three_are() -> None:
    """No value is a group, too: 64 fit into the bits of a number, 65 don't."""
    for several in (62, 63, 64, 65):
        rows = [
            record("read", f"2024-01-01T00:{value // 2:02}:00Z", user_id=f"u{value % 7}", region=f"r{value:02}")
            for value in range(several)
        ]
        rows.append(record("read", "2024-01-01T01:00:00Z", user_id="u0"))
        frame = breakdown(index_of(rows), Filter(), Breakdown("region", Measure.PEOPLE), several - 6)
        assert frame["people"].tolist() == [*[1] * (several - 6), 6, 1]


def test_nothing_is_measured_of_no_records() -> None:
    for measure in Measure:
        asked = Breakdown("region", measure)
        assert breakdown(index_of([]), Filter(), asked).empty
        assert breakdown_over_time(index_of([]), Filter(), asked, ("Kent",), Unit.DAY).empty


def test_records_of_nobody_have_no_people_and_no_sessions() -> None:
    index = index_of([record("checkout", region="Kent", revenue=5.0)])
    for measure, amounts in ((Measure.PEOPLE, []), (Measure.SESSIONS, []), (Measure.REVENUE, [5.0])):
        assert breakdown(index, Filter(), Breakdown("region", measure))[measure.value].tolist() == amounts


def test_a_session_counts_once_for_each_page_that_occurs_in_it() -> None:
    pages = [("10:00", "/a"), ("10:10", "/b"), ("10:20", "/a"), ("10:50", "/a")]
    index = index_of(
        record("like", f"2024-01-01T{at}:00Z", user_id="u", page_url=f"https://shop.example{page}")
        for at, page in pages
    )
    frame = breakdown(index, Filter(), Breakdown("page", Measure.SESSIONS))
    assert found(frame, "sessions") == {"https://shop.example/a": 2, "https://shop.example/b": 1}
    assert frame.attrs["total"] == 2


def test_time_zones_move_what_is_counted_to_another_day() -> None:
    from zoneinfo import ZoneInfo

    index = index_of([record("like", "2024-01-01T23:30:00Z", user_id="u", region="Kent")])
    frame = breakdown_over_time(
        index, Filter(), Breakdown("region", Measure.PEOPLE), ("Kent",), Unit.DAY, ZoneInfo("Europe/Berlin")
    )
    assert frame.index.tolist() == [datetime(2024, 1, 1, 23, tzinfo=UTC)] and frame[0].tolist() == [1]
