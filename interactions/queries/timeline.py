"""One person: what there is of them, and what they did, newest first, by session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd

from interactions.codec import export
from interactions.codec.tombstones import Person
from interactions.queries import theirs
from interactions.queries.answers import of_one_version
from interactions.queries.engine import Snapshot
from interactions.queries.sessions import QUIET

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = timedelta(microseconds=1)
_ADDRESS: Final = re.compile(r"(-?\d{1,18})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Link:
    """A user and an anonymous id that stand together in ``records`` records, the first of which made the link.

    ``person`` and ``id`` are the other's, ``type`` and ``import_id`` (0: live) the first record's. ``users``: with how
    many users the anonymous id was seen.
    """

    person: Person
    id: str
    records: int
    first_at: datetime
    last_at: datetime
    type: str
    import_id: int
    users: int

    @property
    def is_ambiguous(self) -> bool:
        """Seen with several users: it attributes nothing."""
        return self.users > 1


@dataclass(frozen=True, slots=True)
class Profile:
    """What there is of a person: ``records`` are theirs alone, of ``types`` the most frequent first.

    ``attributed``: how many of a user's records bear only an anonymous id. ``belongs_to``: the user whose anonymous id
    this is; the records are then that user's.
    """

    person: Person
    id: str
    records: int
    attributed: int
    sessions: int
    first_at: datetime | None
    last_at: datetime | None
    types: dict[str, int]
    links: tuple[Link, ...] = ()
    belongs_to: Person | None = None

    @property
    def ambiguous(self) -> int:
        """How many of the links are."""
        return sum(link.is_ambiguous for link in self.links)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a timeline ends: after ``shown`` records of the moment ``at``."""

    at: datetime
    shown: int

    @classmethod
    def of(cls, address: str) -> Place | None:
        """From what ``str`` makes of one; None for any other text."""
        match = _ADDRESS.fullmatch(address)
        try:
            return cls(_EPOCH + int(match[1]) * _INSTANT, int(match[2])) if match else None
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _INSTANT}-{self.shown}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record: its ``columns`` as in TABLE_SCHEMA, and the ``record`` itself as it came."""

    columns: dict[str, Any]
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """All of a session in numbers, and those of its records that are on the page, newest first.

    ``is_continued``: newer ones are on the page before; ``goes_on``: older ones are on the next.
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
class Page:
    """Sessions, newest first; ``older`` is where the next page begins, None where there is none."""

    sessions: tuple[Session, ...] = ()
    older: Place | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A person, and a page of what they did."""

    profile: Profile
    page: Page = field(default_factory=Page)


def find(environment: str, key: int) -> list[Person]:
    """Who has this keyed hash of an id: a user, an anonymous id, both or nobody. Raises DataSetBusy."""
    either = (Person(user_key=key), Person(anonymous_key=key))
    return of_one_version(environment, lambda parts: [one for one in either if theirs.has_records(parts, one)])


def timeline(environment: str, person: Person, *, after: Place | None = None, limit: int) -> Timeline | None:
    """The person, and the newest ``limit`` of the records beyond ``after``; None where no record names the person.

    A session ends with 30 minutes without a record. Records that come in meanwhile push out no others, nor are any
    shown twice, unless they bear the very moment at which the page ended. Raises DataSetBusy.
    """
    return of_one_version(environment, lambda parts: _timeline(parts, person, after, limit))


def _timeline(parts: Snapshot, person: Person, after: Place | None, limit: int) -> Timeline | None:
    named = theirs.naming(parts, person)
    if named.empty:
        return None
    links = tuple(_links(parts, person, named))
    belongs_to = links[0].person if person.user_key is None and len(links) == 1 else None
    if person.user_key is None:
        owned: list[int] = []
        rows = named[named["other"].isna()] if belongs_to is None else named.iloc[:0]
        attributed = 0
    else:
        keys = [link.person.anonymous_key for link in links if not link.is_ambiguous]
        owned = [key for key in keys if key is not None]
        more = theirs.alone(parts, owned) if owned else named.iloc[:0]
        rows = pd.concat([named, more]) if len(more) else named
        attributed = len(more)
    rows = _with_sessions(rows)
    profile = Profile(
        person=person,
        id=theirs.id_of(parts, person, named["timestamp"].iloc[0].to_pydatetime()),
        records=len(rows),
        attributed=attributed,
        sessions=rows["session"].nunique(),
        first_at=rows["timestamp"].iloc[-1].to_pydatetime() if len(rows) else None,
        last_at=rows["timestamp"].iloc[0].to_pydatetime() if len(rows) else None,
        types={str(name): int(count) for name, count in rows["type"].value_counts().items()},
        links=links,
        belongs_to=belongs_to,
    )
    return Timeline(profile, _page(parts, person, owned, rows, after, limit))


def _links(parts: Snapshot, person: Person, named: pd.DataFrame) -> Iterator[Link]:
    """The links that the records make, oldest first."""
    both = named.dropna(subset="other").sort_values(["timestamp", "import_id", "type"])
    if both.empty:
        return
    groups = both.groupby("other", sort=False)
    found = groups.first().assign(records=groups.size(), last_at=groups["timestamp"].max())
    if person.user_key is not None:
        ids = theirs.anonymous_ids(parts, [int(key) for key in found.index])
    else:
        ids = theirs.users_of(parts, person.anonymous_key or 0).assign(users=len(found))
    for row in found.itertuples():
        key = int(row.Index)
        yield Link(
            person=Person(anonymous_key=key) if person.user_key is not None else Person(user_key=key),
            id=str(ids["id"][key]),
            records=int(row.records),
            first_at=row.timestamp.to_pydatetime(),
            last_at=row.last_at.to_pydatetime(),
            type=row.type,
            import_id=int(row.import_id),
            users=int(ids["users"][key]),
        )


def _with_sessions(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` newest first, with ``session``, a number for each."""
    rows = rows.sort_values("timestamp", ignore_index=True)
    pause = rows["timestamp"].diff()
    rows["session"] = (pause >= pd.Timedelta(QUIET, "us")).cumsum()
    return rows.iloc[::-1].reset_index(drop=True)


def _page(
    parts: Snapshot, person: Person, owned: list[int], rows: pd.DataFrame, after: Place | None, limit: int
) -> Page:
    skip = after.shown if after else 0
    start = skip + (int((rows["timestamp"] > after.at).sum()) if after else 0)
    shown = rows.iloc[start : start + limit]
    if shown.empty:
        return Page()
    # The first record of the moment at which the page begins may be on the page before.
    newest, oldest = rows["timestamp"].iloc[start - skip].to_pydatetime(), shown["timestamp"].iloc[-1].to_pydatetime()
    table = theirs.whole(parts, person, owned, newest, oldest, skip, len(shown))
    entries = [Entry(*each) for each in zip(table.to_pylist(), export.records(table), strict=True)]
    sessions = tuple(_sessions(rows, start, entries))
    if start + limit >= len(rows):
        return Page(sessions)
    return Page(sessions, Place(oldest, int((rows["timestamp"].iloc[: start + limit] == oldest).sum())))


def _sessions(rows: pd.DataFrame, start: int, entries: list[Entry]) -> Iterator[Session]:
    """The sessions of the ``entries``, which are the rows from ``start`` on."""
    end = start + len(entries)
    for number in rows["session"].iloc[start:end].unique():
        whole = rows["timestamp"][rows["session"] == number]  # one run of rows, newest first
        first, last = int(whole.index[0]), int(whole.index[-1])
        yield Session(
            started=whole.iloc[-1].to_pydatetime(),
            ended=whole.iloc[0].to_pydatetime(),
            records=len(whole),
            entries=tuple(entries[max(first, start) - start : min(last + 1, end) - start]),
            is_continued=first < start,
            goes_on=last >= end,
        )
