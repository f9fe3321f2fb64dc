"""The timeline of a person: their records by session, newest first, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from interactions.analytics.definitions import QUIET
from interactions.analytics.engine import Snapshot
from interactions.analytics.reports import person_records
from interactions.analytics.reports.record_order import RecordKey
from interactions.codec import export
from interactions.contract.tombstones import Person

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = timedelta(microseconds=1)
_ADDRESS: Final = re.compile(r"(-?\d{1,18})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a timeline page: after ``shown`` records of the time ``at``."""

    at: datetime
    shown: int

    @classmethod
    def of(cls, address: str) -> Place | None:
        """Parse the result of ``str``; None for any other text."""
        match = _ADDRESS.fullmatch(address)
        try:
            return cls(_EPOCH + int(match[1]) * _INSTANT, int(match[2])) if match else None
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _INSTANT}-{self.shown}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record: its ``columns`` as in TABLE_SCHEMA, and the original ``record``."""

    columns: dict[str, Any]
    record: dict[str, Any]

    @property
    def key(self) -> RecordKey:
        return first_of(self.columns["timestamp"], self.columns["fingerprint"])


@dataclass(frozen=True, slots=True)
class Session:
    """A session: its totals, and those of its records that are on the page, newest first.

    ``is_continued`` if it has newer records on the previous page, ``goes_on`` if it has older ones on the next.
    """

    started: datetime
    ended: datetime
    records: int
    entries: tuple[Entry, ...]
    is_continued: bool = False
    goes_on: bool = False

    @property
    def length(self) -> timedelta:
        return self.ended - self.started


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Sessions, newest first. ``older`` is where the next page begins, None if there is none."""

    sessions: tuple[Session, ...] = ()
    older: Place | None = None


def first_of(timestamp: datetime, fingerprint: bytes) -> RecordKey:
    """The record's key on the Records page; the first one if there are copies."""
    return RecordKey(timestamp.astimezone(UTC), fingerprint, 1)


def with_sessions(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` newest first, with the column ``session``: numbers that decrease from session to session."""
    rows = rows.sort_values("timestamp", ignore_index=True)
    pause = rows["timestamp"].diff()
    rows["session"] = (pause >= pd.Timedelta(QUIET, "us")).cumsum()
    return rows.iloc[::-1].reset_index(drop=True)


def page_of(
    parts: Snapshot, person: Person, owned: Sequence[int], rows: pd.DataFrame, after: Place | None, limit: int
) -> SessionPage:
    """The newest ``limit`` of the person's ``rows`` (from :func:`with_sessions`) after the place ``after``.

    If records arrive meanwhile, none are skipped or shown twice, unless they have exactly the time at which the
    previous page ended. Raises FileNotFoundError.
    """
    skip = after.shown if after else 0
    start = skip + (int((rows["timestamp"] > after.at).sum()) if after else 0)
    shown = rows.iloc[start : start + limit]
    if shown.empty:
        return SessionPage()
    # The first records of the time at which the page begins may be on the previous page.
    newest, oldest = rows["timestamp"].iloc[start - skip].to_pydatetime(), shown["timestamp"].iloc[-1].to_pydatetime()
    table = person_records.whole(parts, person, owned, newest, oldest, skip, len(shown))
    entries = [Entry(*each) for each in zip(table.to_pylist(), export.records(table), strict=True)]
    sessions = tuple(_sessions(rows, start, entries))
    if start + limit >= len(rows):
        return SessionPage(sessions)
    return SessionPage(sessions, Place(oldest, int((rows["timestamp"].iloc[: start + limit] == oldest).sum())))


def _sessions(rows: pd.DataFrame, start: int, entries: list[Entry]) -> Iterator[Session]:
    """The sessions of the ``entries``, the rows from ``start`` on."""
    end = start + len(entries)
    descending = -rows["session"].to_numpy()
    for number in rows["session"].iloc[start:end].unique():
        first, beyond = (int(np.searchsorted(descending, -number, side=side)) for side in ("left", "right"))
        yield Session(
            started=rows["timestamp"].iloc[beyond - 1].to_pydatetime(),
            ended=rows["timestamp"].iloc[first].to_pydatetime(),
            records=beyond - first,
            entries=tuple(entries[max(first, start) - start : min(beyond, end) - start]),
            is_continued=first < start,
            goes_on=beyond > end,
        )
