"""The identity of a record: 128 bits, equal for equal records whatever their spelling.

A record is identified by ``context.custom_context.uuid`` where it has one, else
by its canonical content: the typed record as MessagePack, with fields in the
order of the Structs, absent fields left out, instants in UTC and the keys of
free-form objects sorted. The lowest bit tells the two kinds apart (1: uuid).

Fingerprints are kept in the table: a field added at the end of a Struct leaves
them as they are (absent fields are left out), a reordering would change them.

xxh3 is not a cryptographic hash and need not be: whoever may send a record can
send an equal one, which is all that a forged collision would bring.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from xxhash import xxh3_128_digest

from interactions import schema
from interactions.codec.record import Interaction

SIZE = 16
BY_UUID = 1  # in the last byte
_canonical = msgspec.msgpack.Encoder(order="deterministic")


def fingerprints(
    records: Sequence[Interaction],
    customs: Sequence[dict[str, Any] | None],
    rests: Sequence[dict[str, Any] | None] | None,
) -> pa.Array:
    """The fingerprint of each record, as binary values of 16 bytes.

    ``customs`` are the records' custom_context; ``rests`` what the typed records have no place for.
    Raises OverflowError for a whole number of more than 64 bits.
    """
    uuids = [custom and custom.get(schema.RECORD_UUID) for custom in customs]
    content = bytearray()
    encode, digest = _canonical.encode_into, xxh3_128_digest
    digests = []
    for record, rest, uuid in zip(records, rests or repeat(None), uuids, strict=False):
        if uuid and uuid.__class__ is str:
            digests.append(digest(uuid))
            continue
        encode(record, content)
        if rest:
            content += _canonical.encode(rest)
        digests.append(digest(content))
    values = np.frombuffer(bytearray(b"".join(digests)), np.uint8).reshape(-1, SIZE)
    values[:, -1] &= 0xFF ^ BY_UUID
    values[[bool(uuid) and uuid.__class__ is str for uuid in uuids], -1] |= BY_UUID
    offsets = np.arange(0, SIZE * len(digests) + 1, SIZE, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), len(digests), [None, pa.py_buffer(offsets), pa.py_buffer(values)])
