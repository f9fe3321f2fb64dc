"""Everything stored about one person, to answer an access request: as JSON, store by store, streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from django.utils import timezone

from interactions import identity
from interactions.access import audit
from interactions.access.audit import Action
from interactions.codec import export
from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import COLUMNS, Tombstones, leave_out
from interactions.ingest.connections import kept
from interactions.models import Environment
from interactions.privacy import entries, refusals
from interactions.privacy.links import links_of
from interactions.privacy.steps import By
from interactions.privacy.wishes import letter_made
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden


@dataclass(frozen=True, slots=True)
class Letter:
    """The subject of a letter: a user, and the anonymous ids that are only theirs."""

    environment: Environment
    user_id: str
    user_key: int
    anonymous_ids: tuple[str, ...]
    theirs: Tombstones  # used to select their records, regardless of time


def letter(environment: Environment, user_id: str) -> Letter:
    """Prepare a letter about a user. Raises DataSetBusy."""
    key = identity.keyring().key(user_id)
    own = [link for link in links_of(environment.slug, [key]) if not link.is_shared]
    stones = [(key, None, FOR_GOOD), *((None, link.anonymous_key, FOR_GOOD) for link in own)]
    return Letter(environment, user_id, key, tuple(link.anonymous_id for link in own), Tombstones.of(stones))


def hand_over(asked: Letter, *, by: By = None) -> Iterator[bytes]:
    """Log that the letter is taken, then return it in pieces."""
    person = f"{asked.user_key & 0xFFFFFFFFFFFFFFFF:016x}"
    audit.note(Action.ACCESS_GIVEN, by=by, environment=asked.environment, details={"person": person})
    letter_made(asked.environment, asked.user_id)
    return _written(asked)


def is_empty(asked: Letter) -> bool:
    """Whether nothing is stored about them. Takes as long as writing the letter if there is nothing, else less."""
    return not any(any(True for _ in pieces) for pieces in _stores(asked).values())


def _stores(asked: Letter) -> dict[str, Iterator[bytes]]:
    """The sections of the letter, each as JSON values: records, waiting and rejected ones, and events that connections
    skipped or refused. Nothing is read yet.
    """
    return {
        "records": _records(asked),
        "waiting": entries.texts(asked.environment, asked.theirs),
        "refused": refusals.texts(asked.environment, asked.theirs),
        "events": kept.texts(asked.environment, asked.theirs),
    }


def _written(asked: Letter) -> Iterator[bytes]:
    """The letter as JSON in UTF-8, in pieces."""
    head = {
        "environment": asked.environment.slug,
        "user_id": asked.user_id,
        "anonymous_ids": asked.anonymous_ids,
        "made_at": timezone.now().isoformat(),
    }
    yield json.dumps(head, ensure_ascii=False).encode()[:-1]
    for name, pieces in _stores(asked).items():
        yield f', "{name}": ['.encode()
        yield from _listed(pieces)
        yield b"]"
    yield b"}\n"


def _listed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces):
        yield (b",\n" if number else b"\n") + piece


def _records(asked: Letter) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    people = hidden(asked.environment.slug)
    for each in Lake(asked.environment.slug).parts():
        with pq.ParquetFile(each.source) as part:
            for group in range(part.num_row_groups):
                mask = asked.theirs.mask(part.read_row_group(group, columns=COLUMNS))
                if mask.any():
                    table = part.read_row_group(group).filter(pa.array(mask))
                    yield from export.lines(leave_out(table, people)[0]).splitlines()
