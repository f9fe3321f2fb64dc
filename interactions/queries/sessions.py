"""Sessions: what a person does without a longer pause."""

from __future__ import annotations

from typing import Final

import ibis
import pyarrow as pa

from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.bars import Grain
from interactions.queries.engine import epoch_us
from interactions.queries.filter import Filter
from interactions.queries.kinds import presence
from interactions.queries.person import LINKS, with_person

QUIET: Final = 30 * 60 * 1_000_000  # µs without a record, after which the next one begins a new session


def sessions(filter: Filter, grain: Grain) -> Question:
    """``bucket, sessions``: how many of the filter's interactions begin a session, by the bucket of that interaction.

    A session belongs to a person; interactions without ids are in none. Only what the filter lets through counts, so a
    session that was under way when a period starts begins with it.
    """

    def collect(rows: ibis.Table, links: pa.Table) -> ibis.Table:
        until = rows["last"] if "last" in rows.columns else rows.timestamp
        rows = rows.select("user_key", "anonymous_key", "timestamp", until=epoch_us(until))
        rows = with_person(rows, links)
        rows = rows.filter(rows.person.notnull()).select("person", "timestamp", "until", at=epoch_us(rows.timestamp))
        earlier = ibis.window(group_by="person", order_by="at", preceding=(None, 1))
        before = rows.until.max().over(earlier)  # a row of a summary may end after those that begin later
        rows = rows.mutate(begins=before.isnull() | (rows.at - before >= QUIET))
        rows = rows.filter(rows.begins)
        return rows.group_by(bucket=grain.bucket(rows.timestamp)).agg(sessions=rows.count())

    over = grain.summed(presence(filter))
    return about(filter, "sessions", collect, needs=(LINKS,), parameters=(grain.key,), over=over)
