"""Interactions as bytes and as columns: JSON in any form of file becomes Arrow tables, or is refused in sentences.

This is the door, and needs nothing else of Dojo. Three functions:

>>> import io
>>> from interactions.codec import check_call, read_records, write_records

:func:`read_records` reads a file, in constant memory however large it is. Lines, lists, objects with a list called
``data`` and any mix of them are read alike. What is at fault costs its own record alone:

>>> file = io.BytesIO(b'''{"type":"like","user_id":"ann","timestamp":"2024-03-01T10:41:07+01:00"}
... {"type":"lik","user_id":"bob"}''')
>>> batches = list(read_records(file))
>>> sum(batch.accepted for batch in batches)
1
>>> for batch in batches:
...     for rejected in batch.rejected:
...         print(rejected.offset, rejected.violations[0].line(rejected.index).partition(" The types")[0])
72 data.1.type (lik) is invalid. It is not an interaction type. Did you mean like?

:func:`write_records` writes tables as JSON Lines, which read again to equal records, as CSV or as Parquet:

>>> out = io.BytesIO()
>>> write_records((table for batch in batches for table in batch.tables), out)
>>> out.getvalue()
b'{"type":"like","timestamp":"2024-03-01T09:41:07Z","user_id":"ann"}\\n'

:func:`check_call` says what is wrong with a body that was sent, before anything is kept of it:

>>> call = check_call(b'{"data": [{"type":"like","rating":5}, {"type":"like"}]}')
>>> call.records, call.problems.lines
(2, ['data.0.rating (5) is invalid. like has no such field.'])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa

    from interactions.codec.calls import Call
    from interactions.codec.reader import Batch
    from interactions.contract.keyring import Keyring

__all__ = ["check_call", "load", "read_records", "write_records"]

# What a function needs is imported by it: who wants a part of this package alone need not wait for all of it.


def read_records(
    file: BinaryIO,
    *,
    received_at: datetime | None = None,
    import_id: int = 0,
    keyring: Keyring | None = None,
    longest: int = 16 << 20,
) -> Iterator[Batch]:
    """The records of a text in UTF-8, about two megabytes of it at a time (``unpack.open_text`` opens packed files).

    A batch has ``tables`` of ``columns.TABLE_SCHEMA`` with the accepted records in the order of the file, and
    ``rejected``: index, offset in bytes, text and violations of each of the others. ``received_at`` (with a zone) is
    the timestamp of records without one; where it is None, ``origin.SAID_LATER`` stands for it. A ``keyring`` names
    people by keyed hashes, which are null without one. A record of more than ``longest`` bytes is refused.

    Raises FileRefused, with a sentence, where the file holds no records as JSON. The first call loads what is
    compiled, or compiles it, which may take a minute.
    """
    from interactions.codec.origin import Origin
    from interactions.codec.reader import Reader
    from interactions.codec.source import shape_of
    from interactions.codec.split.windows import ByteRange

    shape = shape_of(file)
    length = file.seek(0, 2)
    reader = Reader(Origin(import_id, received_at), keyring, longest=longest)
    yield from reader.read(file, ByteRange(0, length, length, shape.inside))


def check_call(body: bytes) -> Call:
    """Check a body of JSON: an object with a list called ``data``, a list, a record, or a record a line.

    The call has the number of its ``records``, their ``text``, and its ``problems``: of each bad record up to 20
    violations, 10,000 in all, and how many there are beyond those. Raises BadCall, with a sentence, where the body is
    none of these.
    """
    from interactions.codec.calls import read_call
    from interactions.codec.origin import Origin

    return read_call(body, Origin(0, None))


def write_records(tables: Iterable[pa.Table], sink: BinaryIO, form: str = "jsonl") -> None:
    """Write tables of ``columns.TABLE_SCHEMA`` to ``sink``, which stays open. ``form``: ``jsonl``, ``csv`` or
    ``parquet``; raises ValueError for another."""
    from interactions.codec.record_files import RecordFormat, writer

    out = writer(RecordFormat(form), sink)
    for table in tables:
        out.add(table)
    out.close()


def load() -> None:
    """Load what is compiled, or compile it where that was never done, so that the first records need not wait."""
    from interactions.codec.scanner import scanner

    scanner.load()
