"""Who was erased, and until when: which records are theirs, wherever records lie.

A person's records are those with their user_id, named by its keyed hash. The rule of order: what was received, or
bears a timestamp, at or before the person's moment is theirs to be hidden, erased and refused; what is newer is not.
Rows without a user_id whose anonymous_id belongs to the person would join in :meth:`Tombstones.until_of`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.codec.keyring import Keyring

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER = np.iinfo(np.int64).min
_IN_ONE_LIST = 5_000  # keys in one condition: a longer one is slow to take apart

# A refused record may be no JSON at all, so what it says is searched for as text.
_STRING = r'"(?:[^"\\]|\\.)*"'
_USER_ID = re.compile(rf'"user_id"\s*:\s*({_STRING}|\[[^\]]*\]|[^\s,}}\]]+)', re.DOTALL)
_WORD = re.compile(rf"({_STRING})|([^\s,\[\]\"]+)", re.DOTALL)
_TIMESTAMP = re.compile(r'"timestamp"\s*:\s*"([^"\\]*)"')

COLUMNS = ["user_key", "timestamp", "received_at"]


@dataclass(frozen=True, eq=False)
class Tombstones:
    """``keys``: keyed hashes of user ids (int64), ascending, each once; ``until``: µs since 1970 of each (int64)."""

    keys: np.ndarray
    until: np.ndarray

    @classmethod
    def of(cls, stones: Iterable[tuple[int, datetime]]) -> Tombstones:
        """From (user_key, at); of several for one person the last moment counts."""
        latest: dict[int, int] = {}
        for key, at in stones:
            latest[key] = max(latest.get(key, _NEVER), _microseconds(at))
        ordered = sorted(latest.items())
        return cls(np.array([key for key, _ in ordered], np.int64), np.array([at for _, at in ordered], np.int64))

    def __bool__(self) -> bool:
        return len(self.keys) > 0

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def digest(self) -> str:
        """Equal for equal tombstones; empty for none."""
        return blake2b(self.keys.tobytes() + self.until.tobytes(), digest_size=16).hexdigest() if self else ""

    @cached_property
    def _moments(self) -> Mapping[int, int]:
        return dict(zip(self.keys.tolist(), self.until.tolist(), strict=True))

    def covers(self, user_key: int | None, timestamp: datetime | None, received_at: datetime) -> bool:
        """Whether one record is an erased person's; one without a timestamp that can be read, whenever it came."""
        moment = self._moments.get(user_key) if user_key is not None else None
        if moment is None:
            return False
        return timestamp is None or min(_microseconds(timestamp), _microseconds(received_at)) <= moment

    def mask(self, table: pa.Table, *, from_file: bool = False) -> np.ndarray:
        """Which rows of ``table``, with COLUMNS, are erased people's: a bool for each.

        A row that bears the time of its receipt had no timestamp. One ``from_file`` cannot show that it is newer than
        the request, so it counts as older: an old file may be imported at any time.
        """
        if not self or not table.num_rows:
            return np.zeros(table.num_rows, bool)
        until, timestamp, received_at = (
            self.until_of(table["user_key"]),
            _numbers(table["timestamp"]),
            _numbers(table["received_at"]),
        )
        gone: np.ndarray = np.minimum(timestamp, received_at) <= until
        return gone | ((timestamp == received_at) & (until != _NEVER)) if from_file else gone

    def until_of(self, user_keys: pa.ChunkedArray) -> np.ndarray:
        """The moment of each row's person in µs; before all time where nobody was erased."""
        values = pc.fill_null(user_keys, 0).to_numpy()
        places = np.minimum(np.searchsorted(self.keys, values), len(self.keys) - 1)
        known = (self.keys[places] == values) & user_keys.is_valid().to_numpy()
        return np.where(known, self.until[places], _NEVER)

    def count(self, table: pa.Table) -> Counter[int]:
        """How many rows of ``table`` are whose, by user_key."""
        return Counter(table["user_key"].filter(pa.array(self.mask(table))).to_pylist())

    def condition(self) -> list[str]:
        """SQL conditions which together are true for exactly these people's rows: for a table's delete."""
        found = []
        for moment in np.unique(self.until):
            keys = self.keys[self.until == moment].tolist()
            stamp = (_EPOCH + int(moment) * _MICROSECOND).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            for start in range(0, len(keys), _IN_ONE_LIST):
                listed = ", ".join(map(str, keys[start : start + _IN_ONE_LIST]))
                found.append(f"(user_key in ({listed}) and (timestamp <= '{stamp}' or received_at <= '{stamp}'))")
        return found

    def named_in(self, text: str, received_at: datetime, keyring: Keyring) -> int | None:
        """The user_key of the erased person whose record ``text`` is, which need not be valid JSON; else None."""
        if not self:
            return None
        stated = _TIMESTAMP.search(text)
        timestamp = _moment(stated[1]) if stated else None
        for said in _USER_ID.finditer(text):
            for string, bare in _WORD.findall(said[1]):
                key = _key(_plain(string) if string else bare, keyring)
                if self.covers(key, timestamp, received_at):
                    return key
        return None


class People:
    """Answers ``in`` for user ids, for whoever searches by them: the ids themselves are not known here."""

    def __init__(self, tombstones: Tombstones, keyring: Keyring) -> None:
        self._keys, self._keyring = frozenset(tombstones.keys.tolist()), keyring

    def __contains__(self, user_id: object) -> bool:
        return isinstance(user_id, str) and _key(user_id, self._keyring) in self._keys


def leave_out(table: pa.Table, tombstones: Tombstones) -> tuple[pa.Table, int]:
    """``table`` without the rows of erased people, and how many those were."""
    gone = tombstones.mask(table)
    dropped = int(gone.sum())
    return (table.filter(pa.array(~gone)), dropped) if dropped else (table, 0)


def _numbers(moments: pa.ChunkedArray) -> np.ndarray:
    numbers: np.ndarray = moments.cast(pa.int64()).to_numpy()
    return numbers


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None else None


def _key(user_id: str, keyring: Keyring) -> int | None:
    try:
        return keyring.key(user_id)
    except UnicodeEncodeError:  # half of a character: nobody's id
        return None


def _plain(literal: str) -> str:
    try:
        said: Any = json.loads(literal, strict=False)
    except ValueError:
        return literal[1:-1]
    return str(said)
