"""Erased people in the inbox: entries are written anew without their records. The lake's lock is held by the caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import msgspec
from django.db import transaction

from interactions import identity
from interactions.codec.keyring import Keyring
from interactions.codec.tombstones import Person, Tombstones
from interactions.models import Environment, InboxEntry
from interactions.models.packing import pack, unpack


class _Who(msgspec.Struct, gc=False):
    """What says whose a record is; it was checked before it came here."""

    user_id: str | None = None
    anonymous_id: str | None = None
    timestamp: datetime | None = None


_pieces = msgspec.json.Decoder(list[msgspec.Raw])
_who = msgspec.json.Decoder(_Who)


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """How many records wait in the inbox, by person."""
    keyring = identity.keyring()
    found: Counter[Person] = Counter()
    for entry in InboxEntry.objects.filter(environment=environment).iterator(100):
        found += _apart(entry, tombstones, keyring)[1]
    return found


def pairs(environment: Environment) -> set[tuple[int, int]]:
    """Which (anonymous_key, user_key) stand in one record that waits in the inbox."""
    keyring = identity.keyring()
    found = set()
    for entry in InboxEntry.objects.filter(environment=environment).iterator(100):
        for piece in _pieces.decode(b"[" + unpack(entry.text) + b"]"):
            who = _who.decode(piece)
            user_key, anonymous_key = keyring[who.user_id], keyring[who.anonymous_id]
            if user_key is not None and anonymous_key is not None:
                found.add((anonymous_key, user_key))
    return found


def texts(environment: Environment, theirs: Tombstones) -> Iterator[bytes]:
    """These people's records that wait in the inbox, as they came."""
    keyring = identity.keyring()
    for entry in InboxEntry.objects.filter(environment=environment).iterator(100):
        for piece in _pieces.decode(b"[" + unpack(entry.text) + b"]"):
            if _whose(piece, entry, theirs, keyring) is not None:
                yield bytes(piece)


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Leave these people's records out of what waits in the inbox."""
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
    """The records to be kept, and how many are not, by person."""
    kept: list[bytes] = []
    gone: Counter[Person] = Counter()
    for piece in _pieces.decode(b"[" + unpack(entry.text) + b"]"):
        person = _whose(piece, entry, tombstones, keyring)
        if person is not None:
            gone[person] += 1
        else:
            kept.append(bytes(piece))
    return kept, gone


def _whose(piece: msgspec.Raw, entry: InboxEntry, tombstones: Tombstones, keyring: Keyring) -> Person | None:
    who = _who.decode(piece)
    moment = who.timestamp or entry.received_at
    return tombstones.whose(keyring[who.user_id], keyring[who.anonymous_id], moment, entry.received_at)
