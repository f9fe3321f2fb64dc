"""What a table's columns stand for. Mappings are saved as JSON and used again for tables of the same shape."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from interactions.connectors.table.errors import MappingRefused
from interactions.connectors.table.times import FORMS
from interactions.contract import schema
from interactions.contract.schema import Form

CUSTOM: Final = "context.custom_context."
"""The prefix of a field of the custom context; its key follows."""
FILTERS: Final = "search.filters."
"""The prefix of a search filter; its name follows."""
JSON_LIST: Final = "json"
"""The separator for cells whose list is JSON."""
UUID: Final = CUSTOM + schema.RECORD_UUID
REFUND_AMOUNT: Final = f"{CUSTOM}refund_amount"
_LISTS: Final = (Form.STRINGS, Form.NUMBER_OR_NUMBERS)


class Reading(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How to find the cells of a file; defaults mean that Dojo detects it from the beginning of the file.

    ``encoding`` is one of Python's, ``delimiter`` a character. Row ``names_row`` of the ``header_rows`` (None:
    detected), counting from 1, has the columns' names. ``sheet`` names a sheet of a workbook.
    """

    encoding: str = ""
    delimiter: str = ""
    header_rows: int | None = None
    names_row: int = 1
    sheet: str = ""


class Skip(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows to skip: those with one of the values in ``column``, or with ``others`` all except those."""

    column: str
    values: tuple[str, ...]
    others: bool = False


class Times(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How times are written: one of ``times.FORMS``, and the IANA zone of times without an offset.

    Either is empty if it isn't known.
    """

    form: str = ""
    zone: str = ""


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Maps columns to the fields of an interaction.

    ``fields`` has the column of each field, by the field's path (``context.page.url``), and ``constants`` the text of
    fields that are the same in each row. ``types`` has the interaction type for each value of the type column, or None
    to skip its rows; a value that's missing there is a type's own name or is skipped. ``separators`` has the separator
    of the values of a list, by field; JSON_LIST for JSON. ``absent`` are texts that mean "no value".

    ``uuid_prefix`` comes before each value of the uuid's column: ``shopify:order:`` makes an order the same record as
    in a webhook.

    Check-outs with the same value in the ``order`` column become one. Its revenue is the sum of their rows', or with
    ``order_total`` the one that each row repeats.
    """

    shape: str = ""
    fields: dict[str, str] = {}
    constants: dict[str, str] = {}
    types: dict[str, str | None] = {}
    times: Times = Times()
    separators: dict[str, str] = {}
    decimal: str = "."
    absent: tuple[str, ...] = ()
    skip: tuple[Skip, ...] = ()
    uuid_prefix: str = ""
    order: str = ""
    order_total: bool = False
    reading: Reading = Reading()

    @property
    def columns(self) -> set[str]:
        """The columns that the mapping needs."""
        named = {*self.fields.values(), *(rule.column for rule in self.skip)}
        return named | ({self.order} if self.order else set())


def shape(columns: Iterable[str]) -> str:
    """A hash that is equal for tables with the same columns, in any order."""
    return hashlib.sha256(msgspec.json.encode(sorted(columns))).hexdigest()[:32]


def fits(mapping: Mapping, columns: Sequence[str]) -> bool:
    """Whether a saved mapping can be offered for a table: it has the same columns, or at least those that are
    mapped."""
    return mapping.shape == shape(columns) or (bool(mapping.columns) and mapping.columns <= set(columns))


def form_of(field: str) -> Form | None:
    """The form of a field that a column can be mapped to, by its path; None if there is no such field."""
    if field.startswith(CUSTOM) and len(field) > len(CUSTOM):
        return Form.NUMBER if field == REFUND_AMOUNT else Form.STRING
    if field.startswith(FILTERS) and len(field) > len(FILTERS):
        return Form.STRINGS
    return _FORMS.get(field)


def is_list(field: str) -> bool:
    return form_of(field) in _LISTS


def types_with(field: str) -> frozenset[str]:
    """The interaction types that have the field."""
    return schema.FIELDS[field.partition(".")[0]].types


def _plain() -> Iterator[tuple[str, Form]]:
    """The fields that aren't objects, by path."""
    yield from ((name, field.form) for name, field in schema.FIELDS.items() if field.form != Form.OBJECT)
    yield "search.keywords", Form.STRING
    for name, field in schema.CONTEXT_FIELDS.items():
        if field.form not in (Form.OBJECT, Form.CUSTOM):
            yield f"context.{name}", field.form
    yield from ((f"context.campaign.{name}", Form.STRING) for name in schema.CAMPAIGN_FIELDS)
    yield from ((f"context.page.{name}", Form.STRING) for name in schema.PAGE_FIELDS)


_FORMS: Final[dict[str, Form]] = dict(_plain())
FIELDS: Final = tuple(_FORMS)
"""Fields that a column can be mapped to, besides keys of the custom context and filters of a search."""


def _is_zone(name: str) -> bool:
    try:
        return not name or ZoneInfo(name).key == name
    except (ValueError, OSError, LookupError):
        return False


def require_sound(mapping: Mapping, columns: Sequence[str]) -> None:
    """Raises MappingRefused with the first problem of a mapping for a table with these columns."""
    there = set(columns)
    for column in sorted(mapping.columns):
        if column not in there:
            raise MappingRefused(f'The file has no column "{column[:60]}", which the mapping uses.')
    for field in (*mapping.fields, *mapping.constants):
        if form_of(field) is None:
            raise MappingRefused(f'An interaction has no field "{field[:60]}".')
    if "type" not in mapping.fields and "type" not in mapping.constants:
        raise MappingRefused("Choose the interaction type: a column, or the same type for all rows.")
    for name in (mapping.constants.get("type"), *mapping.types.values()):
        if name is not None and name not in schema.GROUP_OF:
            raise MappingRefused(f'There is no interaction type "{name[:60]}".')
    if mapping.times.form not in ("", *FORMS):
        raise MappingRefused(f'There is no time format called "{mapping.times.form[:60]}".')
    if not _is_zone(mapping.times.zone):
        raise MappingRefused(f'There is no time zone "{mapping.times.zone[:60]}".')
    if mapping.decimal not in (".", ","):
        raise MappingRefused("Decimals are written with a point or a comma.")
