"""An index of the tests as it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from interactions import identity
from interactions.analytics.index import store
from interactions.analytics.index.build import build_table
from interactions.analytics.index.columns import events_of
from interactions.analytics.index.delta import append
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.run import Index
from interactions.contract.tombstones import Tombstones

from ...lakes import Record
from .rows import said, table_of

NOBODY = Tombstones.of([])


SITE = "production"


def built(records: Iterable[Record], version: int = 1) -> Index:
    return build_table(table_of(records), NOBODY, SITE, version)


def added_to(index: Index, records: Iterable[Record]) -> Index:
    codes = Dictionaries.of(index)
    events = events_of(table_of(records), codes)
    return append(index, events, codes.pairs, codes.texts, index.version + 1)


def opened() -> Index:
    """As another process would have it."""
    store._forget()
    index = store.open(SITE)
    assert index is not None
    return index


def says(index: Index) -> list[str]:
    return sorted(map(str, _of_the_living(index)))


def _of_the_living(index: Index) -> list[Any]:
    dead = [
        np.zeros(len(run), bool) if run.dead is None else np.repeat(run.dead > 0, np.diff(run.starts))
        for run in index.runs
    ]
    return [event for event, gone in zip(said(index), np.concatenate(dead or [[]]), strict=True) if not gone]


def files(name: str = "*") -> dict[str, int]:
    """What there is, and where on the disk."""
    return {path.name: path.stat().st_ino for path in store.folder_of(SITE).glob(name) if path.is_file()}


def text_bytes() -> bytes:
    return b"".join(path.read_bytes() for path in store.folder_of(SITE).rglob("*") if path.is_file())


def tombstones_of(user: str) -> Tombstones:
    from datetime import UTC, datetime

    return Tombstones.of([(identity.keyring().key(user), None, datetime(2100, 1, 1, tzinfo=UTC))])
