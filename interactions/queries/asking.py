"""Questions about the interactions that a filter lets through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

import ibis
import pyarrow as pa

from interactions.analytics.engine import Snapshot, answer_of
from interactions.analytics.filters import Filter
from interactions.queries import kinds
from interactions.queries.answers import Question
from interactions.queries.kinds import Kind
from interactions.queries.picking import picked
from interactions.queries.summaries import Over


def about(
    filter: Filter,
    name: str,
    collect: Callable[..., ibis.Table],
    *,
    merge: Callable[[pa.Table], pa.Table] | None = None,
    conclude: Callable[..., pa.Table] = lambda rows, *needed: rows,
    needs: tuple[Question, ...] = (),
    parameters: tuple[str, ...] = (),
    over: Kind | None = None,
    zone: tzinfo | None = None,
    instead: Kind | None = None,
    is_alone: bool = False,
) -> Question:
    """The question ``name``: ``collect`` gets the filter's interactions in the place of the table.

    ``over`` names a kind of summary whose rows will do in their place; they are used where they can say what the filter
    asks (see summaries.py). With ``zone`` its days have to be those of that zone, or it goes to the kind ``instead``,
    where that can say it as well. If it ``is_alone``, it is not asked with all the others of a page.
    """
    if over is not None and filter.given <= over.fields:
        instead = instead if instead is not None and filter.given <= instead.fields else None
        return Question(
            name, (filter.key, *parameters), collect, None, conclude, needs, Over(over, filter, zone, instead)
        )
    first = (AGENTS,) if filter.device is not None else ()

    def agents(needed: Sequence[pa.Table]) -> list[str | None] | None:
        return needed[0]["user_agent"].to_pylist() if first else None

    def of_table(table: ibis.Table, *needed: pa.Table) -> ibis.Table:
        return collect(filter.within(table, agents=agents(needed)), *needed[len(first) :])

    def glance(parts: Snapshot, needed: list[pa.Table]) -> pa.Table | None:
        rows = picked(parts, filter, agents(needed))
        return None if rows is None else answer_of(rows, lambda table: collect(table, *needed[len(first) :]))

    def concluded(rows: pa.Table, *needed: pa.Table) -> pa.Table:
        return conclude(rows, *needed[len(first) :])

    is_summed = filter.given <= kinds.COUNTS.fields  # what most of a page's questions will do with
    return Question(
        *(name, (filter.key, *parameters), of_table, merge, concluded, first + needs),
        glance=None if is_alone or is_summed else glance,
    )


def _agents(rows: ibis.Table) -> ibis.Table:
    return rows.select("user_agent").distinct()


AGENTS: Final = Question(
    *("agents", (), _agents, lambda rows: rows.group_by("user_agent").aggregate([])),
    over=Over(kinds.AGENTS, Filter()),
)
