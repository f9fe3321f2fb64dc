"""From a mapping to one SQL statement that writes rows as records.

No name and no value of a file or a mapping stands in the SQL: columns are numbered, everything else is bound.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

import msgspec

from interactions.connectors.table import times
from interactions.connectors.table.mapping import CUSTOM, FILTERS, JSON_LIST, Mapping, form_of, types_with
from interactions.contract import schema
from interactions.contract.schema import RECORD_UUID, Form

if TYPE_CHECKING:
    import pyarrow as pa

UUID: Final = CUSTOM + RECORD_UUID
_SIGNS: Final = "€$£¥₹ '\u00a0\u202f"
Tree = dict[str, "str | Tree"]


class Bound(list[object]):
    """The values that a statement is run with."""

    def add(self, value: object) -> str:
        """What stands for a value in the statement."""
        self.append(value)
        return f"${len(self)}"


class Statement:
    """How the rows of a table are written. ``table`` has some of them: the forms of its columns, a sample of times.

    Rows come as columns called ``c0``, ``c1``, … in the order of ``columns``, and ``kind``, the interaction type.
    """

    def __init__(self, mapping: Mapping, columns: Sequence[str], table: pa.Table) -> None:
        self._mapping, self._columns, self._table = mapping, list(columns), table
        self._bound = Bound()
        self.fields = ("type", *sorted({*mapping.fields, *mapping.constants} - {"type"}))
        values = ["to_json(kind)", *(_where_fitting(field, self._value(field)) for field in self.fields[1:])]
        self.values = ", ".join(f"{value} AS f{place}" for place, value in enumerate(values))
        self.bound: tuple[object, ...] = tuple(self._bound)

    def lines(self, source: str = "rows") -> tuple[str, tuple[object, ...]]:
        """The statement that writes rows of ``source`` as records, and the values it is run with."""
        bound = Bound(self.bound)
        record = record_of({field: f"f{place}" for place, field in enumerate(self.fields)}, bound)
        return f"SELECT {record} || chr(10) AS line FROM (SELECT {self.values} FROM {source})", tuple(bound)  # noqa: S608

    def _bind(self, value: object) -> str:
        return self._bound.add(value)

    def _value(self, field: str) -> str:
        """The JSON of a field in a row, null where it says nothing."""
        column = self._mapping.fields.get(field)
        if column is None:
            given = f"CAST({self._bind(self._mapping.constants[field])} AS VARCHAR)"
            return self._of_cell(field, f"nullif({given}, '')")
        cell = f"c{self._columns.index(column)}"
        if self._is_list(column):
            return self._of_list(field, cell)
        cell = f"nullif({cell}, '')"
        for text in self._mapping.absent:
            cell = f"nullif({cell}, {self._bind(text)})"
        return self._of_cell(field, cell)

    def _is_list(self, column: str) -> bool:
        import pyarrow as pa

        return bool(pa.types.is_list(self._table.schema.field(column).type))

    def _of_cell(self, field: str, cell: str) -> str:
        form = form_of(field)
        if form == Form.TIMESTAMP:
            return f"to_json(coalesce({self._time(field, cell)}, {cell}))"
        if form == Form.NUMBER:
            return self._number(cell)
        if form in (Form.STRINGS, Form.NUMBER_OR_NUMBERS):
            return self._split(field, cell)
        if form == Form.IPV4:
            return f"to_json({_truncated(cell)})"
        return f"to_json({cell})"

    def _of_list(self, field: str, cell: str) -> str:
        """The JSON of a field from a cell that is a list."""
        form = form_of(field)
        if form == Form.NUMBER_OR_NUMBERS:
            return self._numbers(cell)
        if form == Form.STRINGS:
            return f"CASE WHEN len({cell}) > 0 THEN to_json({cell}) END"
        return self._of_cell(field, f"nullif(array_to_string({cell}, ', '), '')")

    def _split(self, field: str, cell: str) -> str:
        separator = self._mapping.separators.get(field, "")
        if separator == JSON_LIST:
            json = f"CASE WHEN json_valid({cell}) AND json_type({cell}) = 'ARRAY' THEN {cell} END"
            if form_of(field) == Form.NUMBER_OR_NUMBERS:
                return f"coalesce({json}, {self._numbers(f'[{cell}]')})"
            return f"coalesce({json}, to_json([{cell}]))"
        parts = f"[{cell}]"
        if separator:
            split = f"string_split({cell}, {self._bind(separator)})"
            parts = f"list_filter(list_transform({split}, lambda x: trim(x)), lambda x: x <> '')"
        if form_of(field) == Form.NUMBER_OR_NUMBERS:
            return self._numbers(f"CASE WHEN {cell} IS NOT NULL THEN {parts} END")
        return f"CASE WHEN {cell} IS NOT NULL THEN to_json({parts}) END"

    def _number(self, cell: str) -> str:
        """A number as JSON writes it; what is none as the text that it is, so that it is refused with a sentence."""
        thousands, decimal = (".", ",") if self._mapping.decimal == "," else (",", ".")
        signs = self._bind(_SIGNS + thousands)
        plain = f"translate({cell}, {signs}, '')"
        if decimal == ",":
            plain = f"replace({plain}, ',', '.')"
        value = f"TRY_CAST({plain} AS DOUBLE)"
        return f"coalesce(CASE WHEN isfinite({value}) THEN CAST({value} AS VARCHAR) END, to_json({cell}))"

    def _numbers(self, cells: str) -> str:
        numbers = f"list_transform({cells}, lambda x: {self._number('x')})"
        return f"CASE WHEN {cells} IS NOT NULL THEN '[' || array_to_string({numbers}, ',') || ']' END"

    def _time(self, field: str, cell: str) -> str:
        """A time in UTC; null where it can't be read."""
        form = self._mapping.times.form or times.ISO
        if form in times.UNITS or form == times.NANOSECONDS:
            return _counted(form, cell)
        sample = self._sample(field)
        read = [f"TRY_CAST({cell} AS TIMESTAMPTZ)"] if form == times.ISO else []
        if form != times.ISO or not all(map(times.is_plain, sample)):
            formats = ", ".join(f"'{each}'" for each in times.formats(form, sample))
            read.append(f"CAST(try_strptime({cell}, [{formats}]) AS TIMESTAMPTZ)")
        return f"CAST(coalesce({', '.join(read)}) AT TIME ZONE 'UTC' AS VARCHAR) || 'Z'"

    def _sample(self, field: str) -> list[str]:
        column = self._mapping.fields.get(field)
        if column is None:
            return [self._mapping.constants[field]]
        return [text for text in self._table[column].slice(0, 1_000).to_pylist() if text and isinstance(text, str)]


def _where_fitting(field: str, value: str) -> str:
    """A value in rows whose type has the field; those of other rows are counted by ``Records.left_out``."""
    types = types_with(field)
    if len(types) == len(schema.TYPES):
        return value
    return f"CASE WHEN kind IN ({', '.join(f"'{each}'" for each in sorted(types))}) THEN {value} END"


def _counted(form: str, cell: str) -> str:
    """A count of units since 1970 as a time; fractions beyond microseconds are cut."""
    whole = f"TRY_CAST({cell} AS BIGINT)"
    if form == times.NANOSECONDS:
        count = f"{whole} // 1000"
    else:
        unit = times.UNITS[form]
        fine = f"TRY_CAST(trunc(TRY_CAST({cell} AS DECIMAL(30, 9)) * {unit}) AS BIGINT)"
        count = f"CASE WHEN {cell} LIKE '%.%' OR abs({whole}) > 9000000000000000 // {unit} THEN {fine} ELSE {whole} * {unit} END"
    return (
        f"CASE WHEN {count} BETWEEN -62135596800000000 AND 253402300799999999 "
        f"THEN CAST(make_timestamp({count}) AS VARCHAR) || 'Z' END"
    )


def _truncated(cell: str) -> str:
    """An address without its last part; nothing of IPv6."""
    short = rf"regexp_replace({cell}, '^(\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}})\.\d{{1,3}}$', '\1.0')"
    return f"CASE WHEN {cell} NOT LIKE '%:%' THEN {short} END"


def record_of(fields: AnyMapping[str, str], bound: Bound) -> str:
    """The SQL for the JSON of a record; ``fields`` has the SQL for the JSON of each field, by its path."""
    tree: Tree = {}
    for path, value in fields.items():
        *outer, name = _parts(path)
        inner = tree
        for part in outer:
            inner = cast(Tree, inner.setdefault(part, {}))
        inner[name] = value
    return _object(tree, bound)


def _parts(path: str) -> list[str]:
    """The names that a path is made of; keys of the custom context and names of filters may hold points."""
    for prefix in (CUSTOM, FILTERS):
        if path.startswith(prefix):
            return [*prefix.rstrip(".").split("."), path[len(prefix) :]]
    return path.split(".")


def _object(tree: Tree, bound: Bound) -> str:
    """The SQL for an object; null where nothing is in it."""
    parts = []
    for name, value in tree.items():
        json = value if isinstance(value, str) else _object(value, bound)
        if name == "page" and isinstance(value, dict):  # a page without an address is none
            json = f"CASE WHEN {value.get('url', 'NULL')} IS NOT NULL THEN {json} END"
        parts.append(f"{bound.add(msgspec.json.encode(name).decode() + ':')} || {json}")
    return f"nullif('{{' || concat_ws(',', {', '.join(parts)}) || '}}', '{{}}')"
