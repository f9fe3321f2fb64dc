"""Breakdowns over an event index answer as the relational expressions do, by every property and measure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics.conditions import CUSTOM
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.properties import PROPERTIES, Breakdown, Measure

from .datasets import CUSTOM_KEYS, ZONES, Drawn, data_sets, filters, table_of, unit_for
from .indexed import Indexed
from .oracle import oracle
from .questions import SOME, same

BY: Final = (*PROPERTIES, *(CUSTOM + key for key in CUSTOM_KEYS))
# Some of the values that records can have, and one that none has.
SHOWN: Final = ("p1", "Kent", "c2", "tea", "phone", "https://shop.example/A", "gold", "5", "yes", "checkout", "nowhere")


def _meaningful(by: str, measure: Measure, goal: str) -> Breakdown | None:
    return None if (by, measure) == ("product", Measure.PRODUCTS) else Breakdown(by, measure, goal)


BREAKDOWNS: Final = st.builds(
    _meaningful, st.sampled_from(BY), st.sampled_from(Measure), st.sampled_from(["checkout", "impression"])
).filter(bool)


@SOME
@given(
    drawn=data_sets(),
    asked=filters(most=1),
    zone=ZONES,
    choice=st.integers(0, 6),
    breakdowns=st.lists(BREAKDOWNS, min_size=4, max_size=4),
)
def test_breakdowns_answer_as_the_expressions_do(
    drawn: Drawn,
    asked: Filter,
    zone: ZoneInfo,
    choice: int,
    breakdowns: list[Breakdown],
    duckdb: ibis.BaseBackend,
) -> None:
    unit, table = unit_for(drawn, asked, zone, choice), table_of(drawn.records)
    links = np.array(drawn.links, np.int64).reshape(-1, 2)
    reports = Indexed(build_table(table, drawn.hidden, "production", 1, links, CUSTOM_KEYS))
    expected = oracle(duckdb, table, drawn.hidden, drawn.links)
    for each in breakdowns:
        same(reports.breakdown(asked, each, 2), expected.breakdown(asked, each, 2))
        given = (asked, each, SHOWN, unit, zone)
        same(reports.breakdown_over_time(*given), expected.breakdown_over_time(*given))


@pytest.mark.parametrize(
    "wrong", [("weather",), ("region", Measure.CONVERSION, "dance"), ("product", Measure.PRODUCTS)]
)
def test_a_breakdown_that_means_nothing_is_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"no property|no type|by product"):
        Breakdown(*wrong)
