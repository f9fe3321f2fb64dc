"""Tombstones: who was erased, up to when, and which records are theirs.

A person's records are those with their user_id, and those without a user_id whose anonymous_id is theirs; both ids are
keyed hashes. Records with a timestamp or time of receipt up to the tombstone's time are hidden, erased and refused;
newer ones aren't, unless the person is blocked permanently. A timestamp more than an hour after the time of receipt
doesn't make a record newer: an old record could come back with any date.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.contract.keyring import EarlierKeyring, Keyring
from interactions.contract.mentions import said_in

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NEVER: Final = np.iinfo(np.int64).min
_BITS: Final = (1 << 64) - 1
_ADDRESS: Final = re.compile(r"([ua])-([0-9a-f]{16})")
AHEAD: Final = 3_600_000_000  # µs that a client's clock may be ahead of ours

COLUMNS: Final = ["user_key", "anonymous_key", "timestamp", "received_at"]


class Person(NamedTuple):
    """A user_key, or an anonymous_key for its records without a user_id; one of the two is set, a keyed hash."""

    user_key: int | None = None
    anonymous_key: int | None = None

    @property
    def address(self) -> str:
        """``u-`` or ``a-`` and 16 hex digits: used instead of an id in pages, URLs and logs."""
        if self.user_key is not None:
            return f"u-{self.user_key & _BITS:016x}"
        if self.anonymous_key is not None:
            return f"a-{self.anonymous_key & _BITS:016x}"
        raise ValueError("Nobody has no address.")

    @classmethod
    def at(cls, address: str) -> Person | None:
        """The person with this :attr:`address`; None for any other text."""
        match = _ADDRESS.fullmatch(address)
        if match is None:
            return None
        key = int.from_bytes(bytes.fromhex(match[2]), "big", signed=True)
        return cls(user_key=key) if match[1] == "u" else cls(anonymous_key=key)


@dataclass(frozen=True, eq=False)
class Moments:
    """``keys`` are distinct keyed hashes of ids (int64), ascending; ``until`` has µs since 1970 for each (int64)."""

    keys: np.ndarray
    until: np.ndarray

    @classmethod
    def of(cls, latest: Mapping[int, int]) -> Moments:
        ordered = sorted(latest.items())
        return cls(np.array([key for key, _ in ordered], np.int64), np.array([at for _, at in ordered], np.int64))

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def by_key(self) -> Mapping[int, int]:
        return dict(zip(self.keys.tolist(), self.until.tolist(), strict=True))

    def of_rows(self, keys: pa.ChunkedArray) -> np.ndarray:
        """The time for each row by its key, in µs; the minimum if the key is null or unknown."""
        if not len(self):
            return np.full(len(keys), _NEVER)
        values = pc.fill_null(keys, 0).to_numpy()
        places = np.minimum(np.searchsorted(self.keys, values), len(self) - 1)
        known = (self.keys[places] == values) & keys.is_valid().to_numpy()
        return np.where(known, self.until[places], _NEVER)


@dataclass(frozen=True, eq=False)
class Tombstones:
    """Tombstones of users by user_key, and of anonymous ids, for records without a user_id, by anonymous_key."""

    users: Moments
    anonymous: Moments
    earlier: EarlierKeyring | None = None  # for tombstones with earlier hashes: checked for records with ids
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(
        cls, stones: Iterable[tuple[int | None, int | None, datetime]], earlier: EarlierKeyring | None = None
    ) -> Tombstones:
        """From each person's user_key or anonymous_key, and the moment up to which their records go (FOR_GOOD: all).

        If a person is given several times, the last moment counts.
        """
        users: dict[int, int] = {}
        anonymous: dict[int, int] = {}
        for user_key, anonymous_key, at in stones:
            latest, key = (users, user_key) if user_key is not None else (anonymous, anonymous_key)
            if key is not None:
                latest[key] = max(latest.get(key, _NEVER), microseconds(at))
        return cls(Moments.of(users), Moments.of(anonymous), earlier)

    def __len__(self) -> int:
        return len(self.users) + len(self.anonymous)

    @cached_property
    def digest(self) -> str:
        """A digest that is equal for equal tombstones; empty for none."""
        if not self:
            return ""
        hashed = blake2b(digest_size=16)
        for moments in (self.users, self.anonymous):
            hashed.update(len(moments).to_bytes(8, "big") + moments.keys.tobytes() + moments.until.tobytes())
        return hashed.hexdigest()

    @property
    def last_asked(self) -> int:
        """The time of the last request in µs since 1970; for people blocked permanently, when this object was made."""
        last = max((int(each.until.max()) for each in (self.users, self.anonymous) if len(each)), default=int(_NEVER))
        return min(last, microseconds(self.made))

    def whose(
        self,
        user_key: int | None,
        anonymous_key: int | None,
        timestamp: datetime | None,
        received_at: datetime,
    ) -> Person | None:
        """The erased person whose record it is, else None. Without a timestamp, the time of receipt doesn't matter."""
        if user_key is not None:
            person, moment = Person(user_key=user_key), self.users.by_key.get(user_key)
        elif anonymous_key is not None:
            person, moment = Person(anonymous_key=anonymous_key), self.anonymous.by_key.get(anonymous_key)
        else:
            return None
        if moment is None:
            return None
        if timestamp is None:
            return person
        dated, received = microseconds(timestamp), microseconds(received_at)
        return person if min(dated, received) <= moment or dated - received > AHEAD else None

    def whose_ids(
        self,
        ids: tuple[str | None, str | None],
        timestamp: datetime | None,
        received_at: datetime,
        keyring: Keyring,
    ) -> Person | None:
        """The same by a record's user_id and anonymous_id."""
        for ring in self.rings(keyring):
            if person := self.whose(ring[ids[0]], ring[ids[1]], timestamp, received_at):
                return person
        return None

    def mask(self, table: pa.Table, *, from_file: bool = False) -> np.ndarray:
        """Whether each row of ``table``, which has COLUMNS, is an erased person's.

        A row whose timestamp is the time of receipt had none. With ``from_file`` it counts as older than the request,
        because an old file can be imported at any time.
        """
        if not self or not table.num_rows:
            return np.zeros(table.num_rows, bool)
        until = self.until_of(table)
        timestamp, received_at = _numbers(table["timestamp"]), _numbers(table["received_at"])
        theirs = until != _NEVER
        gone: np.ndarray = (np.minimum(timestamp, received_at) <= until) & theirs
        gone |= theirs & (timestamp - received_at > AHEAD)
        return gone | ((timestamp == received_at) & theirs) if from_file else gone

    def until_of(self, table: pa.Table) -> np.ndarray:
        """The time of each row's tombstone in µs; the minimum if its person wasn't erased.

        Tables without ids, like those read from the lake, aren't checked for earlier hashes.
        """
        until = self._until(table["user_key"], table["anonymous_key"])
        if self.earlier is None or "user_id" not in table.column_names:
            return until
        keys = [self.earlier.column(table[name].combine_chunks()) for name in ("user_id", "anonymous_id")]
        both: np.ndarray = np.maximum(until, self._until(*map(pa.chunked_array, ([each] for each in keys))))
        return both

    def _until(self, user_keys: pa.ChunkedArray, anonymous_keys: pa.ChunkedArray) -> np.ndarray:
        until = self.users.of_rows(user_keys)
        if len(self.anonymous):
            nobodys = ~user_keys.is_valid().to_numpy()
            until = np.where(nobodys, self.anonymous.of_rows(anonymous_keys), until)
        return until

    def count(self, table: pa.Table) -> Counter[Person]:
        """Count erased people's rows in ``table`` by person."""
        theirs = table.select(["user_key", "anonymous_key"]).filter(pa.array(self.mask(table)))
        users = Counter(theirs["user_key"].drop_null().to_pylist())
        nobodys = theirs.filter(pc.is_null(theirs["user_key"]))
        anonymous = Counter(nobodys["anonymous_key"].to_pylist())
        found = Counter({Person(user_key=key): count for key, count in users.items()})
        found.update({Person(anonymous_key=key): count for key, count in anonymous.items()})
        return found

    def named_in(
        self, text: str, received_at: datetime, keyring: Keyring, *, conservative: bool = False
    ) -> Person | None:
        """The erased person whose record ``text`` is, which needn't be valid JSON; else None.

        A damaged text is theirs if any word in it is their id. With ``conservative``, the result is ``Person()`` for a
        text with an unreadable id that was received before the last request.
        """
        if not self:
            return None
        said = said_in(text)
        for key in self.keys_of(said.users, keyring):
            person = self.whose(key, None, said.timestamp, received_at)
            if person is not None:
                return person
        for key in [] if said.users or not len(self.anonymous) else self.keys_of(said.visitors, keyring):
            person = self.whose(None, key, said.timestamp, received_at)
            if person is not None:
                return person
        if said.words:
            people = ErasedPeople(self, keyring)
            people.look_for(said.words)
            if people.met:
                return min(people.met, key=str)
        is_unclear = conservative and said.is_unclear and microseconds(received_at) <= self.last_asked
        return Person() if is_unclear else None

    def rings(self, keyring: Keyring) -> list[Keyring | EarlierKeyring]:
        """The keyrings used by these tombstones."""
        return [keyring] if self.earlier is None else [keyring, self.earlier]

    def keys_of(self, identifiers: Iterable[str], keyring: Keyring) -> list[int]:
        """The hashes of these ids by all keyrings of these tombstones."""
        return [ring.key(each) for each in identifiers if _is_whole(each) for ring in self.rings(keyring)]


class ErasedPeople:
    """Checks whether ids are those of erased people, whose ids themselves aren't known.

    ``met`` has the people found so far.
    """

    def __init__(self, tombstones: Tombstones, keyring: Keyring) -> None:
        self._tombstones, self._keyring = tombstones, keyring
        self.met: set[Person] = set()

    def __contains__(self, identifier: object) -> bool:
        """Checks both kinds of ids, for texts with ids in any field."""
        if not isinstance(identifier, str):
            return False
        keys = self._tombstones.keys_of([identifier], self._keyring)
        found = [Person(user_key=key) for key in keys if key in self._tombstones.users.by_key]
        found += [Person(anonymous_key=key) for key in keys if key in self._tombstones.anonymous.by_key]
        self.met.update(found)
        return bool(found)

    def look_for(self, identifiers: Collection[str], *, user: bool = True, anonymous: bool = True) -> None:
        """Add the people with one of these ids, of the given kinds, to ``met``."""
        self.look_for_in(pa.array(filter(_is_whole, identifiers), pa.string()), user=user, anonymous=anonymous)

    def look_for_in(self, ids: pa.Array, *, user: bool = True, anonymous: bool = True) -> None:
        """The same for a column of ids without nulls."""
        keys = pa.chunked_array([ring.column(ids) for ring in self._tombstones.rings(self._keyring)])
        for kind, moments in (("user", self._tombstones.users), ("anonymous", self._tombstones.anonymous)):
            if (user if kind == "user" else anonymous) and len(moments):
                theirs = pc.unique(keys.filter(pc.is_in(keys, value_set=pa.array(moments.keys))))
                self.met.update(Person(**{f"{kind}_key": key}) for key in theirs.to_pylist())


def leave_out(table: pa.Table, tombstones: Tombstones) -> tuple[pa.Table, int]:
    """Remove erased people's rows from ``table``; returns it and the number of removed rows."""
    gone = tombstones.mask(table)
    dropped = int(gone.sum())
    return (table.filter(pa.array(~gone)), dropped) if dropped else (table, 0)


def _numbers(moments: pa.ChunkedArray) -> np.ndarray:
    numbers: np.ndarray = moments.cast(pa.int64()).to_numpy()
    return numbers


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, as in the table."""
    return (moment - _EPOCH) // _MICROSECOND


def _is_whole(identifier: str) -> bool:
    """Whether it's valid Unicode: no id has lone surrogates."""
    try:
        identifier.encode()
    except UnicodeEncodeError:
        return False
    return True
