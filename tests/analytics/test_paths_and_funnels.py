"""Paths and funnels of every kind: an index answers as the relational expressions do, on data sets of chance."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import ibis
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics.conditions import CUSTOM
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.reports.conversion import ConversionAsked
from interactions.analytics.reports.funnel import Step
from interactions.analytics.reports.paths import PathsAsked
from interactions.analytics.step_fields import StepField
from interactions.contract.schema import TYPES as ALL_TYPES

from .datasets import CUSTOM_KEYS, USUAL, Drawn, data_sets, filters, table_of
from .indexed import Indexed
from .oracle import oracle
from .questions import SOME, same

TIMES: Final = st.sampled_from([None, timedelta(0), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)])
TYPES: Final = st.sampled_from(USUAL)
FIELDS: Final = (*StepField, *(CUSTOM + key for key in CUSTOM_KEYS))
CONDITIONS: Final = st.one_of(st.just(()), filters(most=1).map(lambda drawn: drawn.conditions))
STEP: Final = st.builds(
    lambda types, conditions: Step(types[0], tuple(types), conditions),
    st.one_of(st.lists(TYPES, min_size=1, max_size=2, unique=True), st.just(ALL_TYPES)),
    CONDITIONS,
)
FUNNELS: Final = st.builds(
    ConversionAsked,
    st.lists(STEP, min_size=2, max_size=4).map(tuple),
    TIMES,
    st.one_of(st.none(), st.sampled_from(FIELDS)),
)


@st.composite
def paths(draw: st.DrawFn) -> PathsAsked:
    field = draw(st.sampled_from([StepField.TYPE, StepField.PRODUCT, *FIELDS]))
    starts = {
        StepField.TYPE: TYPES,
        StepField.REGION: st.sampled_from(["Kent", "nowhere"]),
        StepField.PRODUCT: st.just("p1"),
    }
    start = draw(st.one_of(st.just(""), starts.get(field, st.just(""))))
    flags = [draw(st.booleans()) for _ in range(3)]
    return PathsAsked(field, start, draw(st.integers(2, 5)), draw(TIMES), *flags)


@SOME
@given(drawn=data_sets(), asked=filters(), path=paths(), funnel=FUNNELS)
def test_an_index_answers_as_the_expressions_do(
    drawn: Drawn, asked: Filter, path: PathsAsked, funnel: ConversionAsked, duckdb: ibis.BaseBackend
) -> None:
    table = table_of(drawn.records)
    links = np.array(drawn.links, np.int64).reshape(-1, 2)
    index = Indexed(build_table(table, drawn.hidden, "production", 1, links, CUSTOM_KEYS))
    expected = oracle(duckdb, table, drawn.hidden, drawn.links)
    same(index.paths(asked, path), expected.paths(asked, path))
    same(index.conversion(asked, funnel), expected.conversion(asked, funnel))
    same(index.funnel(asked, funnel.steps), expected.funnel(asked, funnel.steps))
