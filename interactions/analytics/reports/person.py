"""One person: their identity, links to others, and records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pyarrow.compute as pc

from interactions.analytics.engine import Snapshot, steady
from interactions.analytics.reports import person_records
from interactions.analytics.reports.record_order import RecordKey
from interactions.analytics.reports.timeline import Place, SessionPage, first_of, page_of, with_sessions
from interactions.contract.tombstones import Person
from interactions.warehouse.links import first_seen


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """The first record with two linked ids; ``import_id`` is 0 for a live one."""

    type: str
    import_id: int
    key: RecordKey


@dataclass(frozen=True, slots=True)
class Link:
    """A user and an anonymous id that occur together in ``records`` records, the ``first`` of which made the link.

    ``person`` and ``id`` are the other's. ``users`` is the number of users that the anonymous id was seen with. If only
    a record that was left out as a duplicate has both ids, there are no ``records`` and there's no ``first``.
    """

    person: Person
    id: str
    records: int
    first_at: datetime
    last_at: datetime
    first: LinkRecord | None
    users: int

    @property
    def is_ambiguous(self) -> bool:
        """Whether it was seen with several users, so that it doesn't attribute records."""
        return self.users > 1


@dataclass(frozen=True, slots=True)
class Profile:
    """A person with their ``records``, and ``types``, most frequent first.

    ``attributed`` is the number of a user's records with only an anonymous id. ``belongs_to`` is the user that an
    anonymous id belongs to; the records are then that user's. ``page`` is the page of the timeline.
    """

    person: Person
    id: str
    records: int
    attributed: int
    sessions: int
    first_at: datetime | None
    last_at: datetime | None
    types: dict[str, int]
    links: tuple[Link, ...]
    belongs_to: Person | None
    page: SessionPage

    @property
    def ambiguous(self) -> int:
        """The number of shared links."""
        return sum(link.is_ambiguous for link in self.links)


def find(environment: str, key: int) -> list[Person]:
    """The people with this keyed hash of an id: a user, an anonymous id, both or none. Raises DataSetBusy."""
    either = (Person(user_key=key), Person(anonymous_key=key))
    return steady(environment, lambda parts: [one for one in either if person_records.has_records(parts, one)])


def profile(environment: str, person: Person, *, after: Place | None = None, limit: int) -> Profile | None:
    """The person, with the newest ``limit`` records after ``after``; None if no record names the person.

    Raises DataSetBusy.
    """
    return steady(environment, lambda parts: _profile(parts, person, after, limit))


def _profile(parts: Snapshot, person: Person, after: Place | None, limit: int) -> Profile | None:
    named = person_records.naming(parts, person)
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
        more = person_records.alone(parts, owned) if owned else named.iloc[:0]
        rows = pd.concat([named, more]) if len(more) else named
        attributed = len(more)
    rows = with_sessions(rows)
    return Profile(
        person=person,
        id=person_records.id_of(parts, person, named["timestamp"].iloc[0].to_pydatetime()),
        records=len(rows),
        attributed=attributed,
        sessions=rows["session"].nunique(),
        first_at=rows["timestamp"].iloc[-1].to_pydatetime() if len(rows) else None,
        last_at=rows["timestamp"].iloc[0].to_pydatetime() if len(rows) else None,
        types={str(name): int(count) for name, count in rows["type"].value_counts().items()},
        links=links,
        belongs_to=belongs_to,
        page=page_of(parts, person, owned, rows, after, limit),
    )


def _links(parts: Snapshot, person: Person, named: pd.DataFrame) -> list[Link]:
    """The person's links to others, oldest first."""
    both = named.dropna(subset="other").sort_values(["timestamp", "fingerprint", "import_id"])
    groups = both.groupby("other", sort=False)
    found = groups.first().assign(records=groups.size(), last_at=groups["timestamp"].max())
    left_out = _left_out(parts, person)
    left_out = left_out[~left_out.index.isin(found.index)]
    keys = [*map(int, found.index), *left_out.index]
    if not keys:
        return []
    if person.user_key is not None:
        ids = person_records.anonymous_ids(parts, keys)
    else:
        ids = person_records.user_ids(parts, keys).assign(users=len(keys))

    def link(key: int, first_at: datetime, last_at: datetime, records: int, first: LinkRecord | None) -> Link:
        other = Person(anonymous_key=key) if person.user_key is not None else Person(user_key=key)
        return Link(other, str(ids["id"][key]), records, first_at, last_at, first, int(ids["users"][key]))

    links = []
    for row in found.itertuples():
        at = row.timestamp.to_pydatetime()
        first = LinkRecord(row.type, int(row.import_id), first_of(at, row.fingerprint))
        links.append(link(int(row.Index), at, row.last_at.to_pydatetime(), int(row.records), first))
    for key, moment in left_out.items():
        if key in ids.index:
            links.append(link(key, moment.to_pydatetime(), moment.to_pydatetime(), 0, None))
    return sorted(links, key=lambda each: each.first_at)


def _left_out(parts: Snapshot, person: Person) -> pd.Series:
    """Links made only by records that were left out: their first times, by the other's key."""
    mine, other, key = "user_key", "anonymous_key", person.user_key
    if key is None:
        mine, other, key = other, mine, person.anonymous_key
    found = first_seen(parts.environment, parts.hidden)
    found = found.filter(pc.equal(found[mine], key)).to_pandas()
    moments: pd.Series = found.set_index(other)["first_at"]
    return moments
