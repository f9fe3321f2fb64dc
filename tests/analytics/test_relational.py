"""The relational expressions answer every question as the queries do, on data sets of chance."""

from __future__ import annotations

import shutil
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings as configuration
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics import engine
from interactions.analytics.filters import Filter
from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Lake

from ..lakes import append
from .datasets import ZONES, Drawn, data_sets, filters, unit_for
from .oracle import Oracle
from .questions import NAMES, QUESTIONS, SOME, Asked, same
from .today import Today


def lay(drawn: Drawn) -> pa.Table:
    """The data set in an empty lake; answers all of its records, as they are read from the lake's parts."""
    for folder in (configuration.LAKE_DIR, configuration.SUMMARIES_DIR):
        shutil.rmtree(folder, ignore_errors=True)
    cache.clear()
    for part in drawn.parts:
        append(part)
    files = Lake("production").files() if Lake("production").exists() else []
    parts = [pq.read_table(file).select(TABLE_SCHEMA.names).cast(TABLE_SCHEMA) for file in files]
    return pa.concat_tables([TABLE_SCHEMA.empty_table(), *parts])


@SOME
@given(drawn=data_sets(), asked=filters(), zone=ZONES, choice=st.integers(0, 6), names=NAMES)
def test_expressions_answer_as_the_queries_do(
    drawn: Drawn, asked: Filter, zone: ZoneInfo, choice: int, names: list[str], duckdb: ibis.BaseBackend
) -> None:
    question = Asked(asked, unit_for(drawn, asked, zone, choice), zone)
    oracle = Oracle(duckdb, lay(drawn), drawn.hidden)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "hidden", lambda environment: drawn.hidden)
        for name in names:
            same(QUESTIONS[name](oracle, question), QUESTIONS[name](Today(), question))
