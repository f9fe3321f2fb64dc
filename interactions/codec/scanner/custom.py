"""Read the free-form custom_context of records, which is mostly the same for all records of a visit.

Each different text is parsed once and cached.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from interactions.codec.rulebook import TooDeep, keys_within
from interactions.contract import schema
from interactions.contract.values import is_custom_value, is_number

T = TypeVar("T")
# The items of lists are checked below: msgspec allows only one kind of list in a union.
CustomValue: TypeAlias = bool | int | float | str | list[Any] | None

_DEPTH = 4  # of a list in custom_context
_WHOLE_BELOW = 1e16  # larger floats are written with an exponent
_PLAIN = frozenset({str, bool})

_DIGITS = 1  # the type of our MessagePack extension
_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(dict[str, CustomValue]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class NotPlain(Exception):
    """A custom_context that may break a rule."""


#: The exceptions raised for a text that breaks a rule, or may break one.
FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, NotPlain, TooDeep)


class Custom(NamedTuple):
    """A custom_context: its canonical JSON (keys sorted, 10 for 10.0), its uuid, and the number of keys in all of its
    objects."""

    text: bytes
    uuid: str | None
    keys: int


def remembered(read: Callable[[bytes], T], *, most: int, longest: int) -> Callable[[bytes], T]:
    """``read`` with a cache. At most ``most`` texts of at most ``longest`` bytes are cached, to bound memory."""
    cached = lru_cache(most)(read)
    return lambda text: (cached if len(text) <= longest else read)(text)


def read(text: bytes) -> Custom:
    """Read one custom_context. Raises one of FAULTS."""
    values = _decode(text)
    keys = len(values)
    if not _PLAIN.issuperset(map(type, values.values())):  # normalize numbers, check the items of lists
        lists = [value for value in values.values() if value.__class__ is list]
        if not all(map(is_custom_value, lists)):
            raise NotPlain
        values = {key: whole(value) for key, value in values.items()}
        keys += sum(keys_within(value, _DEPTH) for value in lists)
    uuid = values.get(schema.RECORD_UUID)
    return Custom(_encode(values), uuid if isinstance(uuid, str) and uuid else None, keys)


def whole(value: Any) -> Any:
    """``value`` with 10 for each 10.0 in it. Raises NotPlain for an integer beyond the range of a double."""
    if value.__class__ is float:
        return int(value) if value.is_integer() and abs(value) < _WHOLE_BELOW else value
    if value.__class__ is int and not is_number(value):
        raise NotPlain
    if value.__class__ is dict:
        return {key: whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if value.__class__ is list else value


def packable(value: Any) -> Any:
    """``value`` with integers of more than 64 bits as extensions holding their digits, so that MessagePack takes it."""
    if value.__class__ is int and not -(1 << 63) <= value < 1 << 64:
        return msgspec.msgpack.Ext(_DIGITS, str(value).encode())
    if value.__class__ is dict:
        return {key: packable(inner) for key, inner in value.items()}
    return [packable(inner) for inner in value] if value.__class__ is list else value


def packed(values: dict[str, Any]) -> bytes:
    """The MessagePack of ``values``, as returned by ``whole``; it is what gets hashed."""
    try:
        return _pack(values)
    except OverflowError:
        return _pack(packable(values))
