"""The form for mapping the columns of a table: its contents, and the submitted choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from django.http import QueryDict

from interactions.access import environments
from interactions.connectors import table
from interactions.connectors.table import FIELDS, Reading, Sample, Skip, Times
from interactions.connectors.table.mapping import CUSTOM, JSON_LIST, UUID, is_list
from interactions.contract.schema import TYPES_BY_GROUP

CUSTOM_CHOICE: Final = "custom"
"""The choice to keep a column in the custom context, under its own name."""
_SHOWN: Final = 3  # cells of a column
_LONGEST: Final = 40  # characters of a cell
_MOST_VALUES: Final = 50  # values shown of the type column, most frequent first
_LONGEST_MARK: Final = 10
SEPARATORS: Final = {
    ",": "Comma",
    ";": "Semicolon",
    "|": "Vertical bar",
    "/": "Slash",
    " > ": "Greater-than sign",
    " ": "Blank",
    JSON_LIST: 'JSON, such as ["a", "b"]',
}
"""Common separators of lists in a cell, and their names on pages."""
_LABELS: Final = {
    "type": "Interaction type",
    "timestamp": "Time",
    "user_id": "User ID",
    "anonymous_id": "Anonymous ID",
    "product_ids": "Product IDs",
    "product_group_ids": "Product group IDs",
    "context.custom_context.uuid": "Record ID (uuid)",
}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column in the form: its number, name, first cells, and the field it's mapped to."""

    number: int
    name: str
    cells: str
    field: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value of the type column: its count in the sample, and the type it's mapped to."""

    number: int
    value: str
    count: int
    kind: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list field: its label, its column, and the separator of values in a cell."""

    field: str
    label: str
    column: str
    separator: str


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields that a column can be mapped to, with labels, by group."""
    named = [(field, label_of(field)) for field in (*FIELDS, "context.custom_context.uuid")]
    first = [pair for pair in named if not pair[0].startswith("context.")]
    return [
        ("Interaction", first),
        ("Context", [pair for pair in named if pair[0].startswith("context.")]),
        ("Other", [(CUSTOM_CHOICE, "Keep as custom context")]),
    ]


def label_of(field: str) -> str:
    """The label of a field."""
    words = re.split(r"[._]", field.removeprefix("context."))
    label = " ".join(word.upper() if word in ("id", "url", "ip") else word for word in words)
    return _LABELS.get(field) or label[0].upper() + label[1:]


def type_choices() -> dict[str, tuple[str, ...]]:
    return {group.value: types for group, types in TYPES_BY_GROUP.items()}


def reading_of(data: QueryDict) -> Reading:
    """The submitted choices on how to read the file."""
    rows, _, names = data.get("header", "").partition("-")
    return Reading(
        encoding=data.get("encoding", ""),
        sheet=data.get("sheet", ""),
        header_rows=int(rows) if rows.isdecimal() else None,
        names_row=int(names) if names.isdecimal() else 1,
    )


def is_of_kept(data: QueryDict) -> bool:
    """Whether the form was submitted without choosing another mapping to start from."""
    return "shape" in data and data.get("kept", "") == data.get("was_kept", "")


def is_of(data: QueryDict, sample: Sample) -> bool:
    """Whether the form was submitted for these columns, without choosing another mapping to start from."""
    return data.get("shape") == table.shape(sample.columns) and is_of_kept(data)


def chosen(data: QueryDict, sample: Sample, start: table.Mapping) -> table.Mapping:
    """The submitted mapping."""
    fields = _fields(data, sample)
    constant = data.get("constant_type", "")
    others = {field: text for field, text in start.constants.items() if field != "type" and field not in fields}
    changed = msgspec.structs.replace(
        start,
        shape=table.shape(sample.columns),
        fields=fields,
        constants={**others, "type": constant} if constant and "type" not in fields else others,
        types=_types(data, sample, fields.get("type"), start),
        decimal=data.get("decimal", start.decimal),
        uuid_prefix=start.uuid_prefix if fields.get(UUID) == start.fields.get(UUID) else "",
        order=_column(sample, data.get("order", "")),
        order_total="order_total" in data,
        skip=_skip(data, sample),
        reading=sample.reading,
    )
    completed = table.suggested_for(sample, changed)
    form = completed.times.form or data.get("times", "")
    zone = data.get("zone", start.times.zone).strip()
    return msgspec.structs.replace(
        completed,
        times=Times(form, environments.zone_called(zone) or zone),
        separators=_separators(data, fields, completed.separators),
    )


def _separators(data: QueryDict, fields: Mapping[str, str], suggested: Mapping[str, str]) -> dict[str, str]:
    """The separator of each list: the one submitted for the same column, else the suggested one."""
    found = {}
    for field in filter(is_list, fields):
        is_told = data.get(f"list-of-{field}") == fields[field]
        mark = data.get(f"separator-{field}", "") if is_told else suggested.get(field, "")
        if mark:
            found[field] = mark[:_LONGEST_MARK]
    return found


def list_rows(sample: Sample, mapping: table.Mapping) -> list[ListRow]:
    """The list fields that are mapped to text columns."""
    return [
        ListRow(field, label_of(field), column, mapping.separators.get(field, ""))
        for field, column in mapping.fields.items()
        if is_list(field) and not sample.is_list(column)
    ]


def skip_column(data: QueryDict, sample: Sample) -> str:
    """The column by whose values rows are left out; empty if none was chosen."""
    return _column(sample, data.get("skip_column", ""))


def _skip(data: QueryDict, sample: Sample) -> tuple[Skip, ...]:
    column = skip_column(data, sample)
    values = tuple(value.strip() for value in data.get("skip_values", "").split(",") if value.strip())
    return (Skip(column, values, bool(data.get("skip_others"))),) if column and values else ()


def _fields(data: QueryDict, sample: Sample) -> dict[str, str]:
    """The column of each field. If two columns were mapped to the same field, the one that was changed wins."""
    found: dict[str, str] = {}
    said = [(data.get(f"field-{number}", ""), data.get(f"was-{number}", "")) for number in range(len(sample.columns))]
    for number in sorted(range(len(said)), key=lambda number: said[number][0] == said[number][1]):
        name, field = sample.columns[number], said[number][0]
        field = f"{CUSTOM}{name}" if field == CUSTOM_CHOICE else field
        if field and field not in found:
            found[field] = name
    return found


def _column(sample: Sample, number: str) -> str:
    return sample.columns[int(number)] if number.isdecimal() and int(number) < len(sample.columns) else ""


def _types(data: QueryDict, sample: Sample, column: str | None, start: table.Mapping) -> dict[str, str | None]:
    """The type of each value of the type column: as submitted, else as before, else as suggested."""
    if column is None:
        return {}
    told = {
        data.get(f"value-{number}", ""): data.get(f"kind-{number}") or None
        for number in range(_MOST_VALUES)
        if f"value-{number}" in data
    }
    kept = start.types if start.fields.get("type") == column else {}
    suggested = table.type_table([value for value, _ in counted(sample, column)])
    return {**suggested, **kept, **(told if data.get("type_column") == column else {})}


def counted(sample: Sample, column: str) -> list[tuple[str, int]]:
    """The values of a column in the sample, most frequent first."""
    cells: list[object] = sample.rows.table[column].to_pylist()
    return Counter(cell for cell in cells if isinstance(cell, str) and cell).most_common(_MOST_VALUES)


def column_rows(sample: Sample, mapping: table.Mapping) -> list[ColumnRow]:
    """The columns of the table with their mapping."""
    field_of = {column: field for field, column in mapping.fields.items()}
    return [
        ColumnRow(number, name, _cells(sample, name), _choice(field_of.get(name, "")))
        for number, name in enumerate(sample.columns)
    ]


def _choice(field: str) -> str:
    return CUSTOM_CHOICE if field.startswith(CUSTOM) and field not in (f"{CUSTOM}uuid",) else field


def value_rows(sample: Sample, mapping: table.Mapping) -> list[ValueRow]:
    """The values of the type column with their mapping."""
    column = mapping.fields.get("type")
    if column is None:
        return []
    known: Mapping[str, str | None] = mapping.types
    return [
        ValueRow(number, value, count, known.get(value, value) or "")
        for number, (value, count) in enumerate(counted(sample, column))
    ]


def _cells(sample: Sample, name: str) -> str:
    """Some cells of a column, as text for the page."""
    cells: Iterable[object] = sample.rows.table[name].slice(0, 200).to_pylist()
    texts = [", ".join(map(str, cell)) if isinstance(cell, list) else str(cell) for cell in cells if cell]
    different = list(dict.fromkeys(texts))[:_SHOWN]
    return " · ".join(text[:_LONGEST] + ("…" if len(text) > _LONGEST else "") for text in different)
