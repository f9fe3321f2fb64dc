"""How far people get, and how long it takes them."""

from __future__ import annotations

import pandas as pd
import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.reports.funnel import SHOP, Step, funnel

from ...lakes import Record, record
from .traffic import index_of

ABC = (Step("a", ("read",)), Step("b", ("like", "share")), Step("c", ("checkout",)))


def did(person: str | None, **at: str) -> list[Record]:
    """Records of types at minutes, as in ``read="1 7"``."""
    return [
        record(kind, f"2024-01-01T00:{int(minute):02}:00Z", user_id=person)
        for kind, minutes in at.items()
        for minute in minutes.split()
    ]


def asked(*people: list[Record], filter: Filter = Filter(), steps: tuple[Step, ...] = ABC) -> pd.DataFrame:  # noqa: B008
    return funnel(index_of([row for rows in people for row in rows]), filter, steps)


def test_people_reach_steps_in_their_order() -> None:
    found = asked(did("one", read="1", like="2", checkout="5"), did("two", like="1", read="2"), did("three", read="9"))
    assert found["people"].tolist() == [3, 1, 1]
    assert found["of_first"].tolist() == pytest.approx([1, 1 / 3, 1 / 3])
    assert found["of_previous"].tolist() == pytest.approx([1, 1 / 3, 1])


def test_a_step_takes_as_long_as_the_median_of_people() -> None:
    people = [did(f"u{minutes}", read="0", share=str(minutes), like="50") for minutes in (1, 3, 20)]
    medians = asked(*people)["median_seconds"]
    assert pd.isna(medians[0]) and pd.isna(medians[2])
    assert medians[1] == 180


def test_interactions_of_one_moment_are_in_any_order() -> None:
    found = asked(did("one", checkout="1", like="1", read="1"))
    assert found["people"].tolist() == [1, 1, 1]
    assert found["median_seconds"].tolist()[1:] == [0, 0]


def test_one_interaction_may_reach_two_steps() -> None:
    twice = (Step("a", ("read",)), Step("again", ("read", "like")))
    assert asked(did("one", read="1"), steps=twice)["people"].tolist() == [1, 1]


def test_records_of_nobody_reach_nothing() -> None:
    assert asked(did(None, read="1", like="2"))["people"].tolist() == [0, 0, 0]


def test_types_of_the_filter_do_not_count_and_all_else_does() -> None:
    people = [did("one", read="1", like="2"), [{**row, "region": "Kent"} for row in did("two", read="3", like="4")]]
    assert asked(*people, filter=Filter(types=("read",)))["people"].tolist() == [2, 2, 0]
    assert asked(*people, filter=Filter(region="Kent"))["people"].tolist() == [1, 1, 0]


def test_nobody_at_all_makes_no_shares() -> None:
    found = asked([], steps=SHOP)
    assert found["people"].tolist() == [0] * len(SHOP)
    assert found["of_first"].isna().all()
