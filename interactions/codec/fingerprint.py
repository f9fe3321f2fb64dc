"""The identity of a record: 128 bits, equal for equal records whatever their spelling.

A record is identified by ``context.custom_context.uuid`` where it has one, else
by its canonical content: the typed record as MessagePack, with fields in the
order of the Structs, absent fields left out, instants in UTC; within it its
custom_context as JSON, with sorted keys and 10.0 written as 10. The first bit
tells the two kinds apart (1: uuid).

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
from xxhash import xxh3_128_digest

from interactions.codec.custom import Custom, packed, whole
from interactions.codec.record import Interaction

SIZE = 16
BY_UUID = 0x80  # in the first byte
_canonical = msgspec.msgpack.Encoder(order="deterministic")


def fingerprints(
    records: Sequence[Interaction],
    customs: Sequence[Custom],
    rests: Sequence[dict[str, Any] | None] | None = None,
) -> pa.Array:
    """The fingerprint of each record, as binary values of 16 bytes.

    ``customs`` are the records' custom_context: the records' own are replaced by their canonical text.
    ``rests`` are what the typed records have no place for.
    """
    content = bytearray()  # one buffer for all: making one for each record takes as long as filling it
    encode, digest = _canonical.encode_into, xxh3_128_digest
    digests: list[bytes] = []
    by_uuid = np.zeros(len(records), bool)
    for record, custom in zip(records, customs, strict=True):
        context = record.context
        if context is not None:
            context.custom_context = custom.text
            if custom.uuid is not None:
                by_uuid[len(digests)] = True
                digests.append(digest(custom.uuid.encode()))
                continue
        encode(record, content)
        digests.append(digest(content))
    for position, rest in enumerate(rests or ()):
        if rest and customs[position].uuid is None:
            encode(records[position], content)
            digests[position] = digest(content + packed(whole(rest)))
    return marked(np.frombuffer(bytearray().join(digests), np.uint8), by_uuid)


def marked(values: np.ndarray, by_uuid: np.ndarray) -> pa.Array:
    """Fingerprints from the bytes of all digests, each marked by whether it comes of a uuid. Changes ``values``."""
    firsts = values[::SIZE]
    firsts &= 0xFF ^ BY_UUID
    firsts |= np.where(by_uuid, np.uint8(BY_UUID), np.uint8(0))
    count = len(firsts)
    offsets = np.arange(0, SIZE * count + 1, SIZE, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(values)])
