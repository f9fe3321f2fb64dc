"""Build SQL that converts each value of a mapped table to JSON, whatever its form.

The SQL contains no names or values from a file or mapping: columns are numbered, and everything else is a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.table import times
from interactions.connectors.table.mapping import JSON_LIST, Mapping, form_of
from interactions.connectors.table.names import CURRENCIES
from interactions.contract.schema import Form

if TYPE_CHECKING:
    import duckdb

_SIGNS: Final = "€$£¥₹₽₩₺₫₴₪₱฿ '\u00a0\u202f"
_WORDS: Final = r"[\p{L}()]|\d\s*-"
_MINUS: Final = "\u2212"
_CODES: Final = "|".join(CURRENCIES)
_AROUND: Final = rf"^(\s*[-+({_MINUS}]?)\s*(?:{_CODES})\s*|\s*(?:{_CODES})\s*(-?\)?)$"


class Statement:
    """SQL for the values of some fields. ``samples`` has some values of each field: texts or lists of texts."""

    def __init__(self, mapping: Mapping, samples: AnyMapping[str, Any]) -> None:
        self._mapping, self._samples = mapping, samples
        self._has_words = True  # numbers of the current column may have words around them

    def json(self, engine: duckdb.DuckDBPyConnection, values: AnyMapping[str, Any]) -> dict[str, Any]:
        """The JSON of each value, by field, null if there is none. All columns must have the same length."""
        import pyarrow as pa

        bound = _Bound()
        wanted = [
            self._value(bound, field, f"v{place}", column) for place, (field, column) in enumerate(values.items())
        ]
        if not wanted:
            return {}
        engine.register("cells", pa.table({f"v{place}": column for place, column in enumerate(values.values())}))
        answer = engine.sql(f"SELECT {', '.join(wanted)} FROM cells", params=list(bound)).to_arrow_table()  # noqa: S608
        engine.unregister("cells")
        return dict(zip(values, answer.columns, strict=True))

    def _value(self, bound: _Bound, field: str, cell: str, column: Any) -> str:
        import pyarrow as pa
        from pyarrow import compute as pc

        self._has_words = True
        if pa.types.is_list(column.type):
            return self._of_list(bound, field, cell)
        if form_of(field) in (Form.NUMBER, Form.NUMBER_OR_NUMBERS):
            self._has_words = pc.any(pc.match_substring_regex(column, _WORDS)).as_py() is True
        return self._of_cell(bound, field, cell)

    def _of_cell(self, bound: _Bound, field: str, cell: str) -> str:
        form = form_of(field)
        if form == Form.TIMESTAMP:
            return f"to_json(coalesce({self._time(field, cell)}, {cell}))"
        if form == Form.NUMBER:
            return self._number(bound, cell)
        if form in (Form.STRINGS, Form.NUMBER_OR_NUMBERS):
            return self._split(bound, field, cell)
        if form == Form.IPV4:
            return f"to_json({_truncated(cell)})"
        return f"to_json({cell})"

    def _of_list(self, bound: _Bound, field: str, cell: str) -> str:
        """The JSON of a field from a cell that is a list."""
        form = form_of(field)
        if form == Form.NUMBER_OR_NUMBERS:
            return self._numbers(bound, cell)
        if form == Form.STRINGS:
            return f"CASE WHEN len({cell}) > 0 THEN to_json({cell}) END"
        return self._of_cell(bound, field, f"nullif(array_to_string({cell}, ', '), '')")

    def _split(self, bound: _Bound, field: str, cell: str) -> str:
        separator = self._mapping.separators.get(field, "")
        if separator == JSON_LIST:
            quoted = f"CASE WHEN json_valid({cell}) THEN {cell} ELSE replace({cell}, chr(39), chr(34)) END"
            json = f"CASE WHEN json_valid({quoted}) AND json_type({quoted}) = 'ARRAY' THEN {quoted} END"
            if form_of(field) == Form.NUMBER_OR_NUMBERS:
                return f"coalesce({json}, {self._numbers(bound, f'[{cell}]')})"
            return f"coalesce({json}, to_json([{cell}]))"
        parts = f"[{cell}]"
        if separator:
            split = f"string_split({cell}, {bound.add(separator)})"
            parts = f"list_filter(list_transform({split}, lambda x: trim(x)), lambda x: x <> '')"
        if form_of(field) == Form.NUMBER_OR_NUMBERS:
            return self._numbers(bound, f"CASE WHEN {cell} IS NOT NULL THEN {parts} END")
        return f"CASE WHEN {cell} IS NOT NULL THEN to_json({parts}) END"

    def _number(self, bound: _Bound, cell: str) -> str:
        """A number in JSON; other text as a JSON string, which is then refused with a sentence."""
        thousands, decimal = (".", ",") if self._mapping.decimal == "," else (",", ".")
        signs = bound.add(_MINUS + _SIGNS + thousands)
        plain = f"translate({cell}, {signs}, '-')"
        if self._has_words:
            plain = f"translate(regexp_replace({cell}, '{_AROUND}', '\\1\\2', 'g'), {signs}, '-')"
            # Negative amounts as in accounting: (12.50) or 12.50-
            plain = f"regexp_replace({plain}, '^\\((.*)\\)$|^([^-].*)-$', '-\\1\\2')"
        if decimal == ",":
            plain = f"replace({plain}, ',', '.')"
        value = f"TRY_CAST({plain} AS DOUBLE)"
        return f"coalesce(CASE WHEN isfinite({value}) THEN CAST({value} AS VARCHAR) END, to_json({cell}))"

    def _numbers(self, bound: _Bound, cells: str) -> str:
        numbers = f"list_transform({cells}, lambda x: {self._number(bound, 'x')})"
        return f"CASE WHEN {cells} IS NOT NULL THEN '[' || array_to_string({numbers}, ',') || ']' END"

    def _time(self, field: str, cell: str) -> str:
        """A time in UTC; null if it can't be read."""
        form = self._mapping.times.form or times.ISO
        if form == times.EXCEL:
            return _in_utc(_of_excel(cell))
        if form in times.UNITS or form == times.NANOSECONDS:
            return _counted(form, cell)
        written = self._sample(field)
        sample = [times.with_offset(text) for text in written]
        if sample != written:
            cell = _with_offset(cell)
        read = [f"TRY_CAST({cell} AS TIMESTAMPTZ)"] if form == times.ISO else []
        if form != times.ISO or not all(map(times.is_plain, sample)):
            formats = ", ".join(f"'{each}'" for each in times.formats(form, sample))
            read.append(f"CAST(try_strptime({cell}, [{formats}]) AS TIMESTAMPTZ)")
        return _in_utc(f"coalesce({', '.join(read)})")

    def _sample(self, field: str) -> list[str]:
        return [text for text in self._samples[field].slice(0, 1_000).to_pylist() if isinstance(text, str) and text]


class _Bound(list[object]):
    """The parameters of a statement."""

    def add(self, value: object) -> str:
        """Add a value and return its placeholder."""
        self.append(value)
        return f"${len(self)}"


def _counted(form: str, cell: str) -> str:
    """A count of units since 1970 as a time; fractions beyond microseconds are cut.

    Null for what would be a time of our days in another unit: a column that mixes units isn't read as one of them.
    """
    (least, most), (few, _) = times.RANGES[form], times.RANGES["seconds"]
    size = f"abs(TRY_CAST({cell} AS DOUBLE))"
    whole = f"TRY_CAST({cell} AS BIGINT)"
    if form == times.NANOSECONDS:
        count = f"{whole} // 1000"
    else:
        unit = times.UNITS[form]
        fine = f"TRY_CAST(trunc(TRY_CAST({cell} AS DECIMAL(30, 9)) * {unit}) AS BIGINT)"
        is_fine = f"{cell} LIKE '%.%' OR abs({whole}) > 9000000000000000 // {unit}"
        count = f"CASE WHEN {is_fine} THEN {fine} ELSE {whole} * {unit} END"
    return (
        f"CASE WHEN ({size} < {few:.0f} OR ({size} >= {least:.0f} AND {size} < {most:.0f})) "
        f"AND {count} BETWEEN -62135596800000000 AND 253402300799999999 "
        f"THEN CAST(make_timestamp({count}) AS VARCHAR) || 'Z' END"
    )


def _in_utc(moment: str) -> str:
    return f"CAST({moment} AT TIME ZONE 'UTC' AS VARCHAR) || 'Z'"


def _of_excel(cell: str) -> str:
    """A local time in the session's zone from days since 1900; to the millisecond, the precision of such numbers."""
    days = f"TRY_CAST(replace({cell}, ',', '.') AS DOUBLE)"
    count = f"TRY_CAST(round(({days} - {times.EXCEL_DAYS}) * 86400000) AS BIGINT) * 1000"
    return f"CASE WHEN {days} BETWEEN 1 AND 2958465 THEN CAST(make_timestamp({count}) AS TIMESTAMPTZ) END"


def _with_offset(cell: str) -> str:
    """As ``times.with_offset``."""
    names = "|".join(times.ABBREVIATIONS)
    cases = " ".join(f"WHEN '{name}' THEN '{offset}'" for name, offset in times.ABBREVIATIONS.items())
    offset = f"CASE regexp_extract({cell}, '\\d ?({names})$', 1) {cases} END"
    cell = f"replace({cell}, '{times.AT}', ' ')"
    script = rf"regexp_replace({cell}, ' GMT([+-]\d{{4}})( \([^()]*\))?$', '\1')"
    return f"coalesce(regexp_replace({cell}, ' ?({names})$', '') || {offset}, {script})"


def _truncated(cell: str) -> str:
    """An IP address without its last part; empty for IPv6."""
    short = rf"regexp_replace({cell}, '^(\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}})\.\d{{1,3}}$', '\1.0')"
    return f"CASE WHEN {cell} NOT LIKE '%:%' THEN {short} END"
