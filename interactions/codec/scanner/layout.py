"""The schema of records as arrays, for the compiled loops of ``scan`` and ``gather``.

A record consists of objects of five kinds. The tables below have a row per field of a kind, in the schema's order,
which fingerprints depend on. A field's values are stored in the slot that it has among fields of the same form.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from interactions.compiled.known_texts import table_of
from interactions.contract import schema
from interactions.contract.schema import Field, Form

RECORD, CONTEXT, PAGE, CAMPAIGN, SEARCH = range(5)
TYPE, TIME, TEXT, UUID, IPV4, TEXTS, NUMBER, NUMBERS, OBJECT, RAW = range(10)

_STRING = Field(Form.STRING)
_KINDS: Final[list[dict[str, Field]]] = [
    schema.FIELDS,
    schema.CONTEXT_FIELDS,
    dict.fromkeys(schema.PAGE_FIELDS, _STRING),
    dict.fromkeys(schema.CAMPAIGN_FIELDS, _STRING),
    schema.SEARCH_FIELDS,
]
_FORMS: Final = {
    Form.STRING: TEXT,
    Form.TIMESTAMP: TIME,
    Form.UUID: UUID,
    Form.IPV4: IPV4,
    Form.STRINGS: TEXTS,
    Form.NUMBER: NUMBER,
    Form.NUMBER_OR_NUMBERS: NUMBERS,
    Form.OBJECT: OBJECT,
    Form.FILTERS: RAW,
    Form.CUSTOM: RAW,
}
_INNER: Final = {"context": CONTEXT, "page": PAGE, "campaign": CAMPAIGN, "search": SEARCH}

NAMES: Final = [list(fields) for fields in _KINDS]
"""The field names of each kind, in order."""

MOST_FIELDS: Final = max(map(len, NAMES))
LONGEST_NAME: Final = 32  # every name is padded to this size, two SIMD lanes
_SHAPE: Final = (len(_KINDS), MOST_FIELDS)

KEEPS_UNKNOWN = np.array([kind in (CONTEXT, PAGE, CAMPAIGN) for kind in range(len(_KINDS))])
"""Whether objects of a kind may have other fields, which are kept."""
KEEPS_EMPTY = np.array([kind in (CONTEXT, CAMPAIGN, SEARCH) for kind in range(len(_KINDS))])
"""Whether an empty object of a kind is kept."""

COUNT = np.array([len(names) for names in NAMES], np.int64)
FORM = np.zeros(_SHAPE, np.int8)
SLOT = np.zeros(_SHAPE, np.int8)
LIMIT = np.full(_SHAPE, np.iinfo(np.int32).max, np.int32)  # characters
INNER = np.zeros(_SHAPE, np.int8)
NAME = np.zeros((*_SHAPE, LONGEST_NAME), np.uint8)
NAME_SIZE = np.zeros(_SHAPE, np.int64)

_Place = tuple[int, int]
TEXT_SLOTS: dict[_Place, int] = {}
TEXTS_SLOTS: dict[_Place, int] = {}
NUMBER_SLOTS: dict[_Place, int] = {}
RAW_SLOTS: dict[_Place, int] = {}
_SLOTS = {
    TEXT: TEXT_SLOTS,
    UUID: TEXT_SLOTS,
    IPV4: TEXT_SLOTS,
    TEXTS: TEXTS_SLOTS,
    NUMBER: NUMBER_SLOTS,
    RAW: RAW_SLOTS,
}


def _fill() -> None:
    for kind, fields in enumerate(_KINDS):
        for number, (name, field) in enumerate(fields.items()):
            form = TYPE if (kind, name) == (RECORD, "type") else _FORMS[field.form]
            place = (kind, number)
            FORM[place] = form
            NAME[place][: len(name)] = np.frombuffer(name.encode(), np.uint8)
            NAME_SIZE[place] = len(name)
            if field.longest is not None:
                LIMIT[place] = field.longest
            if form == OBJECT:
                INNER[place] = _INNER[name]
            if form in _SLOTS:
                SLOT[place] = _SLOTS[form].setdefault(place, len(_SLOTS[form]))


_fill()
REST: Final = len(RAW_SLOTS)
"""The slot after the raw ones, for fields that aren't in the schema."""


def bit(kind: int, name: str) -> int:
    """A field's bit in the masks of fields that an object has."""
    return 1 << NAMES[kind].index(name)


TYPES: Final = list(schema.TYPES)
TYPE_NAME = np.zeros((len(TYPES), 32), np.uint8)
TYPE_SIZE = np.array([len(name) for name in TYPES], np.int64)
ALLOWED = np.zeros(len(TYPES), np.int64)  # a mask of the fields that a record of the type may have
REQUIRED = np.full(len(TYPES), bit(RECORD, "type"), np.int64)
for _number, _name in enumerate(TYPES):
    TYPE_NAME[_number, : len(_name)] = np.frombuffer(_name.encode(), np.uint8)
    ALLOWED[_number] = sum(bit(RECORD, name) for name, field in schema.FIELDS.items() if _name in field.types)
REQUIRED[TYPES.index("custom")] |= bit(RECORD, "custom_action_name")

FIELD_OF = np.array([table_of(names) for names in NAMES])
TYPE_OF = table_of(TYPES)
