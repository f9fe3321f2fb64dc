"""One-time upgrade: replace hashes keyed with SECRET_KEY by ones keyed with IDENTITY_KEY, wherever the ids are
available.

Nothing else may run meanwhile. Each step can be interrupted and repeated: data that is upgraded already is left alone,
and tombstones are upgraded before the rows they hide. Tombstones whose ids aren't available any more, receipts and the
activity log keep the earlier hashes.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from interactions import identity
from interactions.analytics import keeper
from interactions.contract.keyring import Keyring
from interactions.identity import IdentityKeyError
from interactions.ingest.imports import storage
from interactions.models import Block, Environment, IdentityKey, RequestedLink, RequestedPerson, Tombstone
from interactions.privacy import entries
from interactions.warehouse.lake import Held, Lake
from interactions.warehouse.rekey import Of, Renamed, is_named_by, names_somebody, rekey, rekey_file

_ROWS: Final = 2_000  # rows written by one statement

Names: TypeAlias = Of[np.ndarray]  # earlier hashes to translate
Learn: TypeAlias = Callable[[Renamed], object]
Say: TypeAlias = Callable[..., object]
Lock: TypeAlias = Callable[[Lake], AbstractContextManager[Held | None]]


def upgrade(say: Say, lock: Lock) -> bool:
    """Upgrade what is left; returns whether there was anything. ``lock`` takes a table's write lock.

    Raises IdentityKeyError if the configured keys aren't those used so far.
    """
    row = IdentityKey.objects.filter(pk=1, upgraded_at=None).first()
    if row is None:
        identity.keyring()
        return False
    ring = identity.unproved_keyring()
    if row.check_value:
        identity.require(ring, row)
    else:
        _freeze(row, ring)
    for environment in Environment.objects.order_by("slug"):
        lake = Lake(environment.slug)
        with lock(lake):
            _name_people_of(environment, lake, ring, say)
    _name_requested(ring)
    IdentityKey.objects.filter(pk=1).update(upgraded_at=timezone.now())
    say("Upgraded identities.", is_last=True)
    return True


def _freeze(row: IdentityKey, ring: Keyring) -> None:
    """Save the earlier keys, and what identifies the right keys from now on."""
    if not Path(settings.EARLIER_IDENTITY_KEYS).exists():
        _require_secret_key()
    row.earlier_check = identity.keep_earlier()
    row.check_value = ring.check
    row.save(update_fields=["earlier_check", "check_value"])


def _require_secret_key() -> None:
    """Raises IdentityKeyError if no file matches SECRET_KEY, which means that it was just changed."""
    earlier = identity.earlier_of_secret_key()
    seen = False
    for environment in Environment.objects.all():
        for part in sorted(Lake(environment.slug).parts(), key=lambda part: part.last, reverse=True):
            with pq.ParquetFile(part.path) as file:
                if not names_somebody(file):
                    continue
                if is_named_by(file, earlier):
                    return
            seen = True
    if seen:
        raise IdentityKeyError(
            "SECRET_KEY is not the one that people were named by so far. Start Dojo once with the SECRET_KEY that you "
            "used before this upgrade; after that, you can change it at any time."
        )


def _name_people_of(environment: Environment, lake: Lake, ring: Keyring, say: Say) -> None:
    stones = Tombstone.objects.filter(environment=environment, is_earlier=True)
    users, anonymous = (
        np.array(list(stones.exclude(**{name: None}).values_list(name, flat=True)), np.int64)
        for name in ("user_key", "anonymous_key")
    )
    wanted = Of(users, anonymous)

    def learn(renamed: Renamed) -> None:
        _rename(environment, renamed)

    def tell(done: int, total: int) -> None:
        say(f"Upgrading identities of {environment.slug}: {done} of {total} parts…")

    rekey(lake, ring, wanted, learn, tell)
    for block in Block.objects.filter(of__environment=environment, state=Block.State.DONE).select_related("of"):
        _name_people_of_block(block, ring, wanted, learn)
    learn(_waiting(environment, ring, wanted))
    keeper.remove(environment.slug)  # it has the earlier hashes, and is rebuilt


def _rename(environment: Environment, renamed: Renamed) -> None:
    stones = Tombstone.objects.filter(environment=environment, is_earlier=True)
    with transaction.atomic():
        for old, new in renamed.users.items():
            stones.filter(user_key=old).update(user_key=new, is_earlier=False)
        for old, new in renamed.anonymous.items():
            stones.filter(anonymous_key=old).update(anonymous_key=new, is_earlier=False)


def _name_people_of_block(block: Block, ring: Keyring, wanted: Names, learn: Learn) -> None:
    """Rewrite a block that isn't committed yet under a new claim, like ``ingest.imports.erased``."""
    old = Block(pk=block.pk, of=block.of, number=block.number, claim=block.claim)
    block.claim = uuid.uuid4().hex
    if not block.part_size or not storage.part_path(old).exists():
        return
    with storage.local([storage.part_path(old)]) as (path,), storage.made(storage.part_path(block)) as target:
        made = rekey_file(path, target, ring, wanted)
    if made is None:
        return
    written, renamed = made
    learn(renamed)
    if storage.rejects_path(old).exists():
        storage.copy(storage.rejects_path(old), storage.rejects_path(block))
    Block.objects.filter(pk=block.pk, claim=old.claim).update(claim=block.claim, part_size=written.size)
    for place in (storage.part_path(old), storage.rejects_path(old)):
        place.unlink(missing_ok=True)


def _waiting(environment: Environment, ring: Keyring, wanted: Names) -> Renamed:
    """The new hashes of wanted people in the inbox."""
    renamed: Renamed = Of({}, {})
    known = identity.earlier()
    if known is None or not (len(wanted.users) or len(wanted.anonymous)):
        return renamed
    for ids in entries.ids(environment):
        for each, names, found in zip(ids, wanted, renamed, strict=True):
            if each is not None and (old := known.ids.key(each)) in names:
                found[old] = ring.key(each)
    return renamed


def _name_requested(ring: Keyring) -> None:
    """Upgrade deletion requests in preparation, which store ids."""
    with transaction.atomic():
        people, links = list(RequestedPerson.objects.all()), list(RequestedLink.objects.all())
        names = {}
        for person in people:
            old, person.key = person.key, ring.key(person.identifier)
            names[person.request_id, old] = person.key
        for link in links:
            link.user_key = names.get((link.request_id, link.user_key), link.user_key)
            link.anonymous_key = ring.key(link.anonymous_id)
        RequestedPerson.objects.bulk_update(people, ["key"], batch_size=_ROWS)
        RequestedLink.objects.bulk_update(links, ["user_key", "anonymous_key"], batch_size=_ROWS)
