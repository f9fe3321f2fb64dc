"""The custom_context of records: free-form, and mostly the same from one record of a visit to the next.

So its text is read once, and what was found is remembered for the records that repeat it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import msgspec

from interactions.codec.record import Context
from interactions.codec.values import is_custom_value, is_number
from interactions.contract import schema

# Lists are looked into below: msgspec allows one kind of list in a union.
CustomValue: TypeAlias = bool | int | float | str | list[Any] | None

_REMEMBERED = 20_000  # texts; bounds the memory, not the answer
_LARGEST = 4096  # bytes; a longer text is unlikely to come again
_WHOLE_BELOW = 1e16  # from there on floats are written with an exponent
_PLAIN = frozenset({str, bool})
ABSENT = Context().custom_context  # the very object that the Struct leaves out when it is written

_DIGITS = 1  # the type of the extension
_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(dict[str, CustomValue] | None).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class NotPlain(Exception):
    """A custom_context that may break a rule."""


class Custom(NamedTuple):
    """What one custom_context is.

    ``text`` is its JSON written the one way: keys sorted, 10 for 10.0. ``extra`` is what the column of that name has
    for a record that needs no more. ``keys`` counts all keys in it, ``nulls`` those that are null.
    """

    text: msgspec.Raw
    extra: bytes | None
    uuid: str | None
    keys: int
    nulls: int


NONE = Custom(ABSENT, None, None, 0, 0)


class Customs(dict[bytes, Custom]):
    """From the JSON of a custom_context to what it is. Raises NotPlain, or what msgspec raises, for one at fault."""

    def __init__(self) -> None:
        super().__init__({b"": NONE})

    def __missing__(self, text: bytes) -> Custom:
        custom = read(text)
        if len(text) <= _LARGEST:
            if len(self) > _REMEMBERED:
                self.clear()
                self[b""] = NONE
            self[text] = custom
        return custom


def read(text: bytes) -> Custom:
    """Read one custom_context; see Customs."""
    values = _decode(text)
    if values is None:
        return NONE
    if not _PLAIN.issuperset(map(type, values.values())):
        return _read_all(values)
    return _made(values, _encode(values), keys=len(values), nulls=0)


def _read_all(values: dict[str, Any]) -> Custom:
    """Read one that holds more than strings and booleans: numbers are written one way, lists are looked into."""
    lists = [value for value in values.values() if value.__class__ is list]
    if not all(map(is_custom_value, lists)):
        raise NotPlain
    return _made(
        values,
        _encode({key: whole(value) for key, value in values.items()}),
        keys=len(values) + sum(map(keys_within, lists)),
        nulls=sum(value is None for value in values.values()) + sum(map(_nulls_within, lists)),
    )


def _made(values: dict[str, Any], text: bytes, *, keys: int, nulls: int) -> Custom:
    uuid = values.get(schema.RECORD_UUID)
    return Custom(
        text=msgspec.Raw(text),
        extra=b'{"context":{"custom_context":' + text + b"}}",
        uuid=uuid if isinstance(uuid, str) and uuid else None,
        keys=keys,
        nulls=nulls,
    )


def whole(value: Any) -> Any:
    """``value`` with 10 for each 10.0 in it. Raises NotPlain for a whole number that no double can hold."""
    if value.__class__ is float:
        return int(value) if value.is_integer() and abs(value) < _WHOLE_BELOW else value
    if value.__class__ is int and not is_number(value):
        raise NotPlain
    if value.__class__ is dict:
        return {key: whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if value.__class__ is list else value


def packable(value: Any) -> Any:
    """``value`` with whole numbers of more than 64 bits in a form that MessagePack has: their digits."""
    if value.__class__ is int and not -(1 << 63) <= value < 1 << 64:
        return msgspec.msgpack.Ext(_DIGITS, str(value).encode())
    if value.__class__ is dict:
        return {key: packable(inner) for key, inner in value.items()}
    return [packable(inner) for inner in value] if value.__class__ is list else value


def packed(values: dict[str, Any]) -> bytes:
    """What a hash is made of: MessagePack of ``values``, as ``whole`` gives them."""
    try:
        return _pack(values)
    except OverflowError:
        return _pack(packable(values))


def is_whole(value: Any) -> bool:
    """Whether ``whole`` surely changes nothing in ``value``, an object or list, nor refuses any of it."""
    for inner in value.values() if value.__class__ is dict else value:
        kind = inner.__class__
        if kind is float:
            if inner.is_integer():
                return False
        elif kind is int:
            if not is_number(inner):
                return False
        elif (kind is dict or kind is list) and not is_whole(inner):
            return False
    return True


def keys_within(value: Any, depth: int = 4) -> int:
    """The keys of all objects in ``value``, which stands so deep in a record as a list of custom_context does."""
    if value.__class__ is not dict and value.__class__ is not list:
        return 0
    if depth > schema.DEEPEST:
        raise NotPlain
    keys = 0
    if value.__class__ is dict:
        keys, value = len(value), value.values()
    for inner in value:
        if inner.__class__ is dict or inner.__class__ is list:
            keys += keys_within(inner, depth + 1)
    return keys


def _nulls_within(value: Any) -> int:
    """How many keys of all objects in ``value`` are null."""
    if value.__class__ is dict:
        return sum(inner is None or _nulls_within(inner) for inner in value.values())
    return sum(map(_nulls_within, value)) if value.__class__ is list else 0
