"""The funnel, against the same steps walked in plain Python."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

import pandas as pd
import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period
from interactions.analytics.reports.funnel import CONTENT, SHOP, Step
from tests import figures

from ...lakes import Record, append, record
from ...traffic import START, Persons, chosen, traffic

ALL = Filter()


def walked(records: list[Record], everything: list[Record], steps: Sequence[Step]) -> list[tuple[int, float | None]]:
    """People at each step, and the median of the seconds since the step before."""
    reached: list[list[datetime]] = [[] for _ in steps]
    took: list[list[float]] = [[] for _ in steps]
    for timeline in Persons(everything).timelines(records).values():
        before = None
        for place, step in enumerate(steps):
            at = next(
                (
                    each["timestamp"]
                    for each in timeline
                    if each["type"] in step.types and (before is None or each["timestamp"] >= before)
                ),
                None,
            )
            if at is None:
                break
            reached[place].append(at)
            if before is not None:
                took[place].append((at - before).total_seconds())
            before = at
    return [(len(them), median(seconds) if seconds else None) for them, seconds in zip(reached, took, strict=True)]


def found(frame: pd.DataFrame) -> list[tuple[int, float | None]]:
    return [(row.people, None if pd.isna(row.median_seconds) else row.median_seconds) for row in frame.itertuples()]


@pytest.mark.parametrize("steps", [SHOP, CONTENT, SHOP[1:3], SHOP[:1], (*SHOP, Step("Again", ("impression", "read")))])
def test_people_reach_steps_in_order(steps: tuple[Step, ...]) -> None:
    records = traffic(900, days=3, people=120)
    append(records[:400])
    append(records[400:])
    answer = figures.funnel("production", ALL, steps)
    expected = walked(records, records, steps)
    assert [count for count, _ in found(answer)] == [count for count, _ in expected]
    assert [took for _, took in found(answer)] == pytest.approx([took for _, took in expected])
    assert answer["step"].tolist() == [step.name for step in steps]
    assert answer["people"].is_monotonic_decreasing
    assert answer["of_first"].tolist() == pytest.approx([count / expected[0][0] for count, _ in expected])


def test_a_filter_holds_for_all_steps_but_for_its_types() -> None:
    records = traffic(900, days=3)
    append(records)
    asked = Filter(Period(START.replace(day=21), None), region="Kent")
    expected = walked(chosen(records, asked), records, SHOP)
    with_types = Filter(asked.period, region="Kent", types=("search",))
    assert [count for count, _ in found(figures.funnel("production", asked, SHOP))] == [count for count, _ in expected]
    pd.testing.assert_frame_equal(
        figures.funnel("production", asked, SHOP), figures.funnel("production", with_types, SHOP)
    )


def test_the_anonymous_past_belongs_to_the_user() -> None:
    append(
        [
            record("impression", "2024-01-01T10:00:00Z", anonymous_id="a"),
            record("product_detail_page_view", "2024-01-01T10:00:30Z", anonymous_id="a", user_id="u"),
            record("add_to_cart", "2024-01-01T10:01:30Z", user_id="u"),
            record("checkout", "2024-01-01T10:01:00Z", user_id="u"),
        ]
    )
    answer = figures.funnel("production", ALL, SHOP)
    assert answer["people"].tolist() == [1, 1, 1, 0]
    assert found(answer)[1:3] == [(1, 30.0), (1, 60.0)]
    assert answer["of_previous"].iloc[3] == 0


def test_steps_at_the_same_moment_are_in_order() -> None:
    append(
        [record(kind, user_id="u") for kind in ("checkout", "add_to_cart", "product_detail_page_view", "impression")]
    )
    assert figures.funnel("production", ALL, SHOP)["people"].tolist() == [1, 1, 1, 1]


def test_where_nobody_is_there_are_no_shares() -> None:
    answer = figures.funnel("production", ALL, SHOP)
    assert answer["people"].tolist() == [0, 0, 0, 0]
    assert answer[["of_first", "median_seconds"]].isna().to_numpy().all()
    append([record("impression")])  # of nobody
    assert figures.funnel("production", ALL, SHOP)["people"].tolist() == [0, 0, 0, 0]
