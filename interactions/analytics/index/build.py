"""The index of a table, made from its records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from interactions.analytics.index.columns import events_of
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.gather import take
from interactions.analytics.index.people import persons
from interactions.analytics.index.run import Events, Index, Pairs, Run
from interactions.codec.tombstones import Tombstones, leave_out


def build_table(table: pa.Table, hidden: Tombstones, environment: str, version: int) -> Index:
    """The index of the records in ``table`` (TABLE_SCHEMA) but for those of ``hidden`` people, all in memory."""
    table, _ = leave_out(table, hidden)
    dictionaries = Dictionaries()
    events = events_of(table, dictionaries)
    dictionaries.pair_codes.count(events.pair)
    pairs = dictionaries.pairs
    return index_of(runs_of(events, pairs), pairs, dictionaries, environment, version)


def index_of(runs: Sequence[Run], pairs: Pairs, dictionaries: Dictionaries, environment: str, version: int) -> Index:
    """Runs and codes put together."""
    found = [run for run in runs if len(run)]
    span = (min(int(run.at.min()) for run in found), max(int(run.at.max()) for run in found)) if found else (0, -1)
    return Index(environment, version, tuple(found), pairs, dictionaries.texts, *span)


def runs_of(events: Events, pairs: Pairs) -> tuple[Run, Run]:
    """A run of the people whose ``events`` these are, by ``pairs``, and one of the events of nobody."""
    nobodys = pairs.has[events.pair] == 0
    return run_of(take(events, np.flatnonzero(~nobodys)), pairs), nobody_of(take(events, np.flatnonzero(nobodys)))


def run_of(events: Events, pairs: Pairs) -> Run:
    """The run of ``events`` that all name somebody."""
    people, alone = (each[events.pair] for each in persons(pairs))
    order = np.lexsort((events.received, events.at, alone, people))
    people, alone = people[order], alone[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (people[1:] != people[:-1]) | (alone[1:] != alone[:-1])
    heads = np.flatnonzero(begins)
    return _run(take(events, order), people[heads], alone[heads], np.append(heads, len(order)))


def nobody_of(events: Events) -> Run:
    """The run of ``events`` that name nobody."""
    order = np.lexsort((events.received, events.at))
    none = np.empty(0, np.int64)
    return _run(take(events, order), none, none.astype(np.uint8), np.zeros(1, np.int64), nobody=True)


def _run(events: Events, people: np.ndarray, alone: np.ndarray, starts: np.ndarray, *, nobody: bool = False) -> Run:
    columns = {name: getattr(events, name) for name in Events.__dataclass_fields__}
    return Run(**columns, people=people, alone=alone, starts=starts, nobody=nobody)
