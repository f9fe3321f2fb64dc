"""The identity of a record: 128 bits that are equal for equal records, however they are written.

A record is identified by ``context.custom_context.uuid`` if it has one, or else by its canonical content: the record as
MessagePack, with fields in the order of the schema, absent fields left out, instants in UTC; within it its
custom_context as JSON, with sorted keys and 10.0 written as 10. The first bit tells the two kinds apart (1: uuid).

Fingerprints are kept in the table: a field added at the end of the schema leaves
them as they are (absent fields are left out), a reordering would change them.

xxh3 isn't a cryptographic hash and needn't be: a forged collision would only do what sending an equal record does.
"""

import numpy as np
import pyarrow as pa

SIZE = 16
BY_UUID = 0x80  # in the first byte


def marked(values: np.ndarray, by_uuid: np.ndarray) -> pa.Array:
    """Fingerprints from the bytes of digests, each marked with whether it's from a uuid. Modifies ``values``."""
    firsts = values[::SIZE]
    firsts &= 0xFF ^ BY_UUID
    firsts |= np.where(by_uuid, np.uint8(BY_UUID), np.uint8(0))
    count = len(firsts)
    offsets = np.arange(0, SIZE * count + 1, SIZE, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(values)])
