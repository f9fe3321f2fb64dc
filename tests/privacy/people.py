"""A person to be erased among others, and a search for what is left of them wherever files lie."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard
from django.utils import timezone

from interactions import privacy
from interactions.models import DeletionRequest, Environment
from interactions.privacy import erasure as carrying
from interactions.warehouse import people
from tests.ingest.imports.files import Record, record
from tests.ingest.imports.house import House
from tests.walks import files_below

ANN = "ann-of-green-gables"


def of_ann(number: int, **fields: Any) -> Record:
    return record(number, user_id=ANN, **fields)


def crowd(count: int = 40) -> list[Record]:
    """Records of which every fourth is Ann's."""
    return [of_ann(number) if number % 4 == 0 else record(number) for number in range(count)]


def later(number: int) -> Record:
    """A record of Ann from after whatever she asks for now."""
    return of_ann(number, timestamp=(timezone.now() + timedelta(hours=1)).isoformat())


def asked(house: House, *user_ids: str, environment: str = "production") -> DeletionRequest:
    """A request that is stored, and in the queue."""
    request: DeletionRequest = house.ask(privacy.request, Environment.objects.get(slug=environment), user_ids or [ANN])
    return request


def erased(house: House, *user_ids: str) -> DeletionRequest:
    """A request that was carried to its end, whatever that was."""
    request = asked(house, *user_ids)
    house.carry("erase_people")
    request.refresh_from_db()
    return request


def settled(house: House, request: DeletionRequest) -> DeletionRequest:
    """The request once the import that it waited for has ended and the sweep has come by."""
    assert request.state == DeletionRequest.State.ERASING and request.waits_for is not None
    house.ask(carrying.sweep)
    house.carry("erase_people")
    request.refresh_from_db()
    return request


@contextmanager
def stuck() -> Iterator[None]:
    """Nothing goes from the data set, whoever tries."""
    with patch.object(people, "erase"), patch.object(people, "erase_most"):
        yield


def traces(folder: Path, text: str = ANN) -> list[str]:
    """The files below ``folder`` that hold ``text``, unpacked: compressed pages hide it from a search of bytes.

    A product at work moves drafts to their places meanwhile, so that one search may see a file at neither: if one is
    gone when it is read, everything is searched again.
    """
    for _ in range(20):
        try:
            return [str(path.relative_to(folder)) for path in files_below(folder) if _holds(path, text)]
        except FileNotFoundError:
            continue
    raise AssertionError(f"Files below {folder} never stopped moving")


def _holds(path: Path, text: str) -> bool:
    return any(text.encode() in piece for piece in _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if content[:4] == b"\x28\xb5\x2f\xfd":
        yield zstandard.ZstdDecompressor().decompressobj().decompress(content)
    if content[:4] == b"PAR1":
        for column in pq.read_table(path).columns:
            values = pc.list_flatten(column) if pa.types.is_list(column.type) else column
            if isinstance(values.type, pa.BaseExtensionType):
                values = values.cast(values.type.storage_type)
            if not pa.types.is_nested(values.type):
                values = pc.unique(values)
            yield "\n".join(map(str, values.to_pylist())).encode() if _may_say(values.type) else b""


def _may_say(kind: pa.DataType) -> bool:
    """Whether values of this type may hold an id: structs of the log's checkpoints may as well."""
    return not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind))
