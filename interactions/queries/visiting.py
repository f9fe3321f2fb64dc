"""Who was there, and how often: people by the bars of a chart, and their sessions."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

import ibis
import pyarrow as pa
from ibis import _

from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.bars import Grain, with_start
from interactions.queries.engine import epoch_us
from interactions.queries.filter import Filter
from interactions.queries.kinds import presence
from interactions.queries.measures import is_summary
from interactions.queries.period import Unit
from interactions.queries.person import LINKS, with_person

QUIET: Final = 30 * 60 * 1_000_000  # µs without a record, after which the next one begins a new session


def visiting(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo, counts: Question) -> Question:
    """``bucket, sessions, people``: what begins in each bucket of time, of the interactions of the filter.

    ``sessions`` begin with an interaction after QUIET. ``people`` are there for the first time in the bar of ``unit``
    that the bucket lies in. A session belongs to a person; interactions without ids
    are in none. Only what the filter lets through counts, so a session that was under way when a period starts begins
    with it. ``counts`` has all ``bucket``s that there are.

    All of it comes of one walk along what each person did, in the order of time: that is what takes long.
    """

    def collect(rows: ibis.Table, links: pa.Table, counted: pa.Table) -> ibis.Table:
        until = rows["last"] if is_summary(rows) else rows.timestamp
        moments = {"at": epoch_us(rows.timestamp), "until": epoch_us(until), "bucket": grain.bucket(rows.timestamp)}
        rows = with_person(rows.select("user_key", "anonymous_key", **moments), links)
        rows = rows.select("person", *moments).filter(_.person.notnull())
        rows = with_start(rows, counted["bucket"].to_numpy(), filter.period, unit, zone)
        of_person = {"group_by": "person", "order_by": "at"}
        rows = rows.select(
            "bucket",
            "at",
            "start",
            # A row of a summary may end after those that begin later.
            before=rows.until.max().over(ibis.window(**of_person, preceding=(None, 1))),
            bar_before=rows.start.lag().over(ibis.window(**of_person)),
        )
        return rows.group_by("bucket").agg(
            sessions=rows.count(where=rows.before.isnull() | (rows.at - rows.before >= QUIET)),
            people=rows.count(where=rows.bar_before.isnull() | (rows.bar_before != rows.start)),
        )

    parameters, over = (grain.key, unit, str(zone)), grain.summed(presence(filter))
    return about(filter, "visiting", collect, needs=(LINKS, counts), parameters=parameters, over=over)
