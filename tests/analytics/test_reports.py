"""The reports over an event index answer every question as the relational expressions do, on data sets of chance."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics.filters import Filter
from interactions.analytics.index import merge
from interactions.analytics.index.build import build_table
from interactions.analytics.index.columns import events_of
from interactions.analytics.index.delta import append, exchange, take_out
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.run import Index
from interactions.analytics.index.selection import hide, of_import

from .datasets import CUSTOM_KEYS, ZONES, Drawn, data_sets, filters, table_of, unit_for
from .indexed import Indexed
from .oracle import oracle
from .questions import NAMES, QUESTIONS, SOME, Asked, same


def check(
    index: Index, table: pa.Table, drawn: Drawn, question: Asked, names: list[str], duckdb: ibis.BaseBackend
) -> None:
    expected, reports = oracle(duckdb, table, drawn.hidden, drawn.links), Indexed(index)
    for name in names:
        same(QUESTIONS[name](reports, question), QUESTIONS[name](expected, question))


@SOME
@given(drawn=data_sets(), asked=filters(), zone=ZONES, choice=st.integers(0, 6), names=NAMES)
def test_reports_answer_as_the_expressions_do(
    drawn: Drawn, asked: Filter, zone: ZoneInfo, choice: int, names: list[str], duckdb: ibis.BaseBackend
) -> None:
    question, table = Asked(asked, unit_for(drawn, asked, zone, choice), zone), table_of(drawn.records)
    check(
        build_table(table, drawn.hidden, "production", 1, np.array(drawn.links, np.int64).reshape(-1, 2), CUSTOM_KEYS),
        table,
        drawn,
        question,
        names,
        duckdb,
    )


@SOME
@given(
    drawn=data_sets(),
    asked=filters(),
    zone=ZONES,
    choice=st.integers(0, 6),
    names=NAMES,
    undone=st.sampled_from([None, 1, 2]),
    merged=st.booleans(),
)
def test_reports_over_an_index_brought_up_to_date_answer_as_the_expressions_do(
    drawn: Drawn,
    asked: Filter,
    zone: ZoneInfo,
    choice: int,
    names: list[str],
    undone: int | None,
    merged: bool,
    duckdb: ibis.BaseBackend,
) -> None:
    """Part by part, with an import undone, people hidden, and runs merged."""
    question = Asked(asked, unit_for(drawn, asked, zone, choice), zone)
    index = _followed(drawn, undone)
    if merged and len(index.runs) > 1:
        of_people = [run for run in index.runs if not run.nobody]
        if len(of_people) > 1:
            index = merge.exchanged(index, of_people, merge.merge(of_people))
    left = table_of([record for record in drawn.records if record["import_id"] != undone])
    check(index, left, drawn, question, names, duckdb)


def _followed(drawn: Drawn, undone: int | None) -> Index:
    """An index of the first part, and then of what happens."""
    first, *others = drawn.parts or ((),)
    index = build_table(table_of(first), type(drawn.hidden).of([]), "production", 1, custom_keys=CUSTOM_KEYS)
    for version, part in enumerate(others, 2):
        codes = Dictionaries.of(index)
        index = append(index, events_of(table_of(part), codes), codes.pairs, codes.texts, version)
    if undone is not None:
        index = take_out(index, of_import(index, undone))
    index, codes = hide(index, drawn.hidden), Dictionaries.of(index)
    links = codes.pair_codes.links(np.array(drawn.links, np.int64).reshape(-1, 2))
    return exchange(index, (), None, codes.pairs, codes.texts, links=links)
