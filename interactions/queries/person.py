"""Whose an interaction is: people are users, and visitors who were never seen as one.

A record's person is its user; without a user_id, the user that its anonymous_id belongs to, where it belongs to one
alone; else the anonymous_id. An anonymous_id seen with several users (a shared device) belongs to none of them.
"""

from __future__ import annotations

from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions.queries import identity
from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.filter import Filter
from interactions.queries.kinds import presence

_PAIR: Final = ["user_key", "anonymous_key"]


def with_person(table: ibis.Table, links: pa.Table) -> ibis.Table:
    """``table`` with the column ``person``, int64, null for a record without ids.

    ``links`` has ``anonymous_key`` (each once) and ``user_key``: what belongs to one user alone. Equal ids of a user
    and of a visitor have equal keys, so a visitor's number is the complement of the key.
    """
    of_visitor = ibis.memtable(links.select(["anonymous_key", "user_key"])).rename(linked_user="user_key")
    joined = table.left_join(of_visitor, table.anonymous_key == of_visitor.anonymous_key)
    person = ibis.coalesce(joined.user_key, joined.linked_user, -1 - joined.anonymous_key)
    return joined.select(*(joined[name] for name in table.columns), person=person)


def people(filter: Filter) -> Question:
    """One row: ``users``, ``anonymous`` and ``people``, how many of each there are among the filter's interactions."""

    def conclude(rows: pa.Table, links: pa.Table) -> pa.Table:
        users, known = _numbers(rows["user_key"]), rows["user_key"].is_valid().to_numpy()
        visitors, visiting = _numbers(rows["anonymous_key"]), rows["anonymous_key"].is_valid().to_numpy()
        alone = visiting & ~known
        # In order they are looked up several times as fast.
        persons = np.concatenate([users[known], _persons(unique(visitors[alone]), links)])
        counts = {"users": users[known], "anonymous": visitors[visiting], "people": persons}
        return pa.table({name: [len(unique(values))] for name, values in counts.items()})

    return about(
        filter, "people", _pairs, merge=_distinct_pairs, conclude=conclude, needs=(LINKS,), over=presence(filter)
    )


def unique(values: np.ndarray) -> np.ndarray:
    """Sorted, each once; a million takes 20 ms, hashed it would be 150."""
    ordered = np.sort(values)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def _persons(visitors: np.ndarray, links: pa.Table) -> np.ndarray:
    """The persons of anonymous_keys, as :func:`with_person` numbers them."""
    if not links.num_rows:
        return ~visitors
    keys, users = _numbers(links["anonymous_key"]), _numbers(links["user_key"])
    order = np.argsort(keys)
    keys, users = keys[order], users[order]
    places = np.minimum(np.searchsorted(keys, visitors), len(keys) - 1)
    return np.where(keys[places] == visitors, users[places], ~visitors)


def _pairs(rows: ibis.Table, *_needed: Any) -> ibis.Table:
    return rows.select(_PAIR).distinct().filter(_.user_key.notnull() | _.anonymous_key.notnull())


def _distinct_pairs(rows: pa.Table) -> pa.Table:
    return rows.group_by(_PAIR).aggregate([])


def _numbers(keys: pa.ChunkedArray) -> np.ndarray:
    numbers: np.ndarray = pc.fill_null(keys, 0).to_numpy()
    return numbers


# Of the whole data set, whatever the filter: who a visitor is does not depend on what is looked at.
LINKS: Final = Question("unambiguous", (), None, conclude=identity.of_one_user, needs=(identity.LINKS,))
