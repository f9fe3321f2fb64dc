"""The identity of a record: 128 bits, equal for equal records whatever their spelling.

A record is identified by ``context.custom_context.uuid`` where it has one, else
by its canonical content: the typed record as MessagePack, with fields in the
order of the Structs, absent fields left out, instants in UTC, and in free-form
objects the keys sorted and 10.0 written as 10. The first bit tells the two kinds
apart (1: uuid).

Fingerprints are kept in the table: a field added at the end of a Struct leaves
them as they are (absent fields are left out), a reordering would change them.

xxh3 is not a cryptographic hash and need not be: whoever may send a record can
send an equal one, which is all that a forged collision would bring.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from xxhash import xxh3_128_digest

from interactions import schema
from interactions.codec.record import Interaction

SIZE = 16
BY_UUID = 0x80  # in the first byte
_canonical = msgspec.msgpack.Encoder(order="deterministic")


def fingerprints(
    records: Sequence[Interaction],
    customs: Sequence[dict[str, Any] | None],
    fractions: Sequence[int],
    rests: Sequence[dict[str, Any] | None] | None = None,
) -> pa.Array:
    """The fingerprint of each record, as binary values of 16 bytes.

    ``customs`` are the records' custom_context, ``fractions`` the positions of those that may hold a 10.0;
    ``rests`` what the typed records have no place for.
    Raises OverflowError for a whole number of more than 64 bits.
    """
    digests = _of_content(records, customs, fractions, rests)
    uuids = {}
    for position, custom in enumerate(customs):
        if custom and schema.RECORD_UUID in custom:
            uuid = custom[schema.RECORD_UUID]
            if isinstance(uuid, str) and uuid:
                uuids[position] = xxh3_128_digest(uuid.encode())
    for position, digest in uuids.items():
        digests[position] = digest
    values = np.frombuffer(bytearray().join(digests), np.uint8).reshape(-1, SIZE)
    values[:, 0] &= 0xFF ^ BY_UUID
    values[list(uuids), 0] |= BY_UUID
    offsets = np.arange(0, SIZE * len(digests) + 1, SIZE, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), len(digests), [None, pa.py_buffer(offsets), pa.py_buffer(values)])


def _of_content(
    records: Sequence[Interaction],
    customs: Sequence[dict[str, Any] | None],
    fractions: Sequence[int],
    rests: Sequence[dict[str, Any] | None] | None,
) -> list[bytes]:
    content = bytearray()  # one buffer for all: making one for each record takes as long as filling it
    encode, digest = _canonical.encode_into, xxh3_128_digest
    digests = []
    for record in records:
        encode(record, content)
        digests.append(digest(content))
    by_hand = dict.fromkeys(fractions)
    by_hand.update((position, rest) for position, rest in enumerate(rests or ()) if rest)
    for position, rest in by_hand.items():
        encode(_alike(records[position], customs[position]), content)
        if rest:
            content += _canonical.encode(_whole(rest))
        digests[position] = digest(content)
    return digests


def _alike(record: Interaction, custom: dict[str, Any] | None) -> Interaction:
    """The record with each number of its custom_context written one way."""
    if custom is None or record.context is None:
        return record
    return replace(record, context=replace(record.context, custom_context=_whole(custom)))


def _whole(value: Any) -> Any:
    """``value`` with 10 for each 10.0 in it; from 10^16 on floats are written with an exponent, and stay."""
    if value.__class__ is float:
        return int(value) if value.is_integer() and abs(value) < 1e16 else value
    if value.__class__ is dict:
        return {key: _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if value.__class__ is list else value
