"""Erase people from the inbox: entries are rewritten without their records. The caller holds the lake's lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
from django.db import transaction

from interactions import identity
from interactions.contract.keyring import Keyring
from interactions.contract.timestamps import instant
from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Environment, InboxEntry
from interactions.models.packed import pack, unpack


class _Who(msgspec.Struct, gc=False):
    """The fields that identify the person of a record, which was checked when it was accepted."""

    user_id: str | None = None
    anonymous_id: str | None = None
    timestamp: str | None = None

    def __post_init__(self) -> None:
        self.user_id, self.anonymous_id = self.user_id or None, self.anonymous_id or None


_pieces = msgspec.json.Decoder(list[msgspec.Raw])
_who = msgspec.json.Decoder(_Who)
_UNREADABLE = _Who()


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the waiting records of these people, by person."""
    keyring = identity.keyring()
    found: Counter[Person] = Counter()
    for entry in InboxEntry.objects.filter(environment=environment).iterator(100):
        found += _apart(entry, tombstones, keyring)[1]
    return found


def pairs(environment: Environment) -> set[tuple[int, int]]:
    """The pairs (anonymous_key, user_key) in waiting records."""
    keyring = identity.keyring()
    found = set()
    for user_id, anonymous_id in ids(environment):
        if user_id is not None and anonymous_id is not None:
            found.add((keyring.key(anonymous_id), keyring.key(user_id)))
    return found


def ids(environment: Environment) -> Iterator[tuple[str | None, str | None]]:
    """The user_id and anonymous_id of each waiting record."""
    for entry in InboxEntry.objects.filter(environment=environment).iterator(100):
        for piece in _records(entry):
            who = _said(piece)
            yield who.user_id, who.anonymous_id


def texts(environment: Environment, theirs: Tombstones) -> Iterator[bytes]:
    """The waiting records of these people, as sent."""
    keyring = identity.keyring()
    for entry in InboxEntry.objects.filter(environment=environment).iterator(100):
        for piece in _records(entry):
            if _whose(piece, entry, theirs, keyring) is not None:
                yield bytes(piece)


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove these people's records from the inbox."""
    keyring = identity.keyring()
    for pk in list(InboxEntry.objects.filter(environment=environment).values_list("pk", flat=True)):
        with transaction.atomic():
            entry = InboxEntry.objects.get(pk=pk)
            kept, gone = _apart(entry, tombstones, keyring)
            if not gone:
                continue
            if kept:
                InboxEntry.objects.filter(pk=pk).update(records=len(kept), text=pack(b",".join(kept)))
            else:
                entry.delete()


def _apart(entry: InboxEntry, tombstones: Tombstones, keyring: Keyring) -> tuple[list[bytes], Counter[Person]]:
    """The records to keep, and the number of others by person."""
    kept: list[bytes] = []
    gone: Counter[Person] = Counter()
    for piece in _records(entry):
        person = _whose(piece, entry, tombstones, keyring)
        if person is not None:
            gone[person] += 1
        else:
            kept.append(bytes(piece))
    return kept, gone


def _records(entry: InboxEntry) -> list[msgspec.Raw]:
    """The records of an entry. One that was set aside may not be JSON: then it's one record of an unknown person."""
    text = unpack(entry.text)
    try:
        return _pieces.decode(b"[" + text + b"]")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [msgspec.Raw(text)]


def _said(piece: msgspec.Raw) -> _Who:
    try:
        return _who.decode(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _UNREADABLE


def _whose(piece: msgspec.Raw, entry: InboxEntry, tombstones: Tombstones, keyring: Keyring) -> Person | None:
    """The person of a record if they are in ``tombstones``; for an unreadable record, ``Person()``."""
    who = _said(piece)
    if who is _UNREADABLE:
        return Person()
    moment = instant(who.timestamp) if who.timestamp else None
    ids = who.user_id, who.anonymous_id
    return tombstones.whose_ids(ids, moment or entry.received_at, entry.received_at, keyring)
