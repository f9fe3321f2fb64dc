"""A data folder as it was before there was an IDENTITY_KEY: people are named by BLAKE2b hashes that SECRET_KEY gives.

The hash is written here again, as it was, so that nothing of the product's decides what an old folder is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import blake2b
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.core.signing import Signer
from django.utils import timezone

from interactions import identity, privacy
from interactions.contract.keyring import Keyring
from interactions.ingest.imports import storage
from interactions.models import DeletionRequest, Environment, IdentityKey, Import, InboxBatch, InboxEntry, Tombstone
from interactions.models.packed import pack
from interactions.privacy.ids import Id
from interactions.privacy.preview import About, prepare
from interactions.warehouse.lake import Lake
from tests.ingest.imports.files import Record, as_lines, record
from tests.ingest.imports.house import House

GONE, GONE_BROWSER = "gone@example.org", "browser of gone"
HIDDEN, HIDDEN_BROWSER = "hidden Ünï", "browser of hidden"
WAITING, PREPARED, PREPARED_BROWSER = "waits in the inbox", "in preparation", "browser in preparation"
STAYS, STAYS_BROWSER = "stays", "browser of stays"


class OldKeyring:
    """What ``contract.keyring.Keyring`` was."""

    def __init__(self, secret: str) -> None:
        self._key = blake2b(secret.encode(), digest_size=32, person=b"dojo ids").digest()
        later = Keyring(secret.encode())  # there was no index of fingerprints then: this one is never used again
        self.check, self.words = later.check, later.words

    def key(self, identifier: str) -> int:
        hashed = blake2b(identifier.encode(), key=self._key, digest_size=8)
        return int.from_bytes(hashed.digest(), "big", signed=True)

    def __getitem__(self, identifier: str | None) -> int | None:
        return None if identifier is None else self.key(identifier)

    def column(self, identifiers: pa.Array) -> pa.Array:
        return pa.array([self[each] for each in identifiers.to_pylist()], pa.int64())


@contextmanager
def as_before() -> Iterator[OldKeyring]:
    """People are named, and receipts signed, as it was done before."""
    ring = OldKeyring(settings.SECRET_KEY)
    signer = Signer(salt="interactions.erasure.receipt")
    with patch.object(identity, "keyring", lambda: ring), patch.object(identity, "signature", signer.signature):
        yield ring


def called(*records: Record) -> InboxEntry:
    """A call that was accepted a moment ago and waits in the inbox."""
    text = as_lines(records).strip().replace(b"\n", b",")
    here = Environment.objects.get(slug="production")
    return InboxEntry.objects.create(
        environment=here, received_at=timezone.now(), records=len(records), text=pack(text)
    )


def furnish(house: House) -> tuple[DeletionRequest, Import]:
    """Fill it: the request that is verified, and an import that is read and not committed.

    Beside them are a request whose people are hidden, one about somebody of whom only the inbox knows, one that is
    prepared, and a batch of the inbox that was not finished.
    """
    here = Environment.objects.get(slug="production")
    with as_before():
        house.done(as_lines(_crowd()))
        verified = house.ask(privacy.request, here, [GONE])
        house.carry()
        hidden = house.ask(privacy.request, here, [HIDDEN])
        called(record(700, user_id=WAITING), record(701, user_id=STAYS, anonymous_id=STAYS_BROWSER))
        waiting = house.ask(privacy.request, here, [WAITING])
        house.ask(prepare, here, [Id(PREPARED), Id(STAYS_BROWSER, True)], About(), None)
        entry = called(record(702, user_id="comes live"))
        InboxBatch.objects.create(environment=here, runs=[[entry.pk, entry.pk]])
        house.queue.clear()  # nobody erases them yet
        read = house.read(as_lines([*(record(number) for number in range(800, 830)), "no record"]))
    house.queue.clear()
    DeletionRequest.objects.filter(pk__in=[hidden.pk, waiting.pk]).update(hidden_at=timezone.now() - timedelta(hours=1))
    # As the migration leaves it.
    Tombstone.objects.update(is_earlier=True)
    IdentityKey.objects.all().delete()
    IdentityKey.objects.create(pk=1)
    verified.refresh_from_db()
    assert verified.state == DeletionRequest.State.VERIFIED and read.phase == Import.Phase.COMMITTING
    return verified, read


def _crowd() -> list[Record]:
    of = [(GONE, GONE_BROWSER), (HIDDEN, HIDDEN_BROWSER), (PREPARED, PREPARED_BROWSER), (STAYS, None)]
    pairs = [record(100 + at, user_id=user, anonymous_id=browser) for at, (user, browser) in enumerate(of)]
    alone = [record(200 + at, user_id=None, anonymous_id=each) for at, (_, each) in enumerate(of) if each]
    return [*(record(number) for number in range(40)), *pairs, *alone, record(300, user_id=None)]


def files() -> list[str]:
    """All Parquet files that hold people: those of the table, and those of imports that are not committed."""
    unfinished = Import.objects.filter(state__in=[Import.State.LOADING, Import.State.FAILED])
    blocks = [block for imp in unfinished for block in imp.blocks.filter(part_size__gt=0).select_related("of")]
    return [*Lake("production").files(), *(str(storage.part_path(block)) for block in blocks)]


def misnamed(ring: OldKeyring | identity.Keyring) -> list[tuple[str | None, int | None]]:
    """The ids in all those files, and their hashes, that ``ring`` did not make."""
    wrong = []
    for path in files():
        for row in pq.ParquetFile(path).read().to_pylist():
            named = [(row[f"{kind}_id"], row[f"{kind}_key"]) for kind in ("user", "anonymous")]
            wrong += [(each, key) for each, key in named if ring[each] != key]
    return wrong
