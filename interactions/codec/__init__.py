"""Read JSON interactions into Arrow tables, and write Arrow tables as JSON.

This is the package's public interface. It doesn't need the rest of Dojo. It has three functions:

>>> import io
>>> from interactions.codec import check_call, read_records, write_records

:func:`read_records` reads a file of any size in constant memory. JSON Lines, lists, objects with a list called
``data``, and any mix of these are all accepted. An invalid record is rejected on its own; the others are kept:

>>> file = io.BytesIO(b'''{"type":"like","user_id":"ann","timestamp":"2024-03-01T10:41:07+01:00"}
... {"type":"lik","user_id":"bob"}''')
>>> batches = list(read_records(file))
>>> sum(batch.accepted for batch in batches)
1
>>> for batch in batches:
...     for rejected in batch.rejected:
...         print(rejected.offset, rejected.violations[0].line(rejected.index).partition(" The types")[0])
72 data.1.type (lik) is invalid. It is not an interaction type. Did you mean like?

:func:`write_records` writes tables as JSON Lines, CSV or Parquet. JSON Lines read back to equal records:

>>> out = io.BytesIO()
>>> write_records((table for batch in batches for table in batch.tables), out)
>>> out.getvalue()
b'{"type":"like","timestamp":"2024-03-01T09:41:07Z","user_id":"ann"}\\n'

:func:`check_call` validates the body of an API call without storing anything:

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

# Each function imports what it needs, so that using one of them doesn't load the whole package.


def read_records(
    file: BinaryIO,
    *,
    received_at: datetime | None = None,
    import_id: int = 0,
    keyring: Keyring | None = None,
    longest: int = 16 << 20,
) -> Iterator[Batch]:
    """Read the records of a UTF-8 text, about two megabytes at a time (``unpack.open_text`` opens compressed files).

    Each batch has ``tables`` (``columns.TABLE_SCHEMA``) with the accepted records in file order, and ``rejected``
    with the index, byte offset, text and violations of each rejected record. ``received_at`` (timezone-aware) becomes
    the timestamp of records without one; if it's None, ``origin.SAID_LATER`` is used as a placeholder. ``keyring``
    computes the keyed hashes of people's ids; without it those columns are null. Records longer than ``longest``
    bytes are rejected.

    Raises FileRefused, with a sentence for the user, if the file has no JSON records. The first call loads the
    compiled code, or compiles it, which can take a minute.
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
    """Validate a JSON body: an object with a list called ``data``, a list, one record, or one record per line.

    Returns the number of ``records``, their ``text``, and the ``problems``: up to 20 violations per invalid record and
    10,000 in total, plus a count of the rest. Raises BadCall, with a sentence, if the body has none of these shapes.
    """
    from interactions.codec.calls import read_call
    from interactions.codec.origin import Origin

    return read_call(body, Origin(0, None))


def write_records(tables: Iterable[pa.Table], sink: BinaryIO, form: str = "jsonl") -> None:
    """Write tables of ``columns.TABLE_SCHEMA`` to ``sink`` and leave it open.

    ``form`` is ``jsonl``, ``csv`` or ``parquet``; anything else raises ValueError.
    """
    from interactions.codec.record_files import RecordFormat, writer

    out = writer(RecordFormat(form), sink)
    for table in tables:
        out.add(table)
    out.close()


def load() -> None:
    """Load the compiled code, compiling it if necessary, so that the first call isn't slow."""
    from interactions.codec.scanner import scanner

    scanner.load()
