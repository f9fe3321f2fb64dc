"""Suggest a mapping for a table from the names and values of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from interactions.connectors.table import names, times
from interactions.connectors.table.known import as_known
from interactions.connectors.table.mapping import JSON_LIST, Mapping, Reading, Times, form_of, is_list, shape
from interactions.connectors.table.questions import SAMPLE_ROWS
from interactions.contract import schema
from interactions.contract.schema import Form

if TYPE_CHECKING:
    import pyarrow as pa

_SURELY: Final = 0.9
_MANY: Final = 0.4
_MOST_TYPES: Final = 200  # distinct values of a column of types
_MONEY = rf"(?:[€$£¥₹₽₩₺₫₴₪₱฿]|{'|'.join(names.CURRENCIES)})?"
_NUMBER = re.compile(
    rf"\(?[+\-\u2212]?{_MONEY} ?[+\-\u2212]?[.,]?\d[\d.,' \u00a0\u202f]*+(?:[eE][+-]?\d+)?{_MONEY}-?\)?"
)
_COMMA = re.compile(r"[^,]*\d,(?:\d{1,2}|\d{4,})\D*|[^,]*\d\.\d{3},\d*\D*")
_POINT = re.compile(r"[^.]*\d\.(?:\d{1,2}|\d{4,})\D*|[^.]*\d,\d{3}\.\d*\D*")
_SEPARATORS: Final = ("|", ";", ",", " > ")
_URL = re.compile(r"https?://\S+|/\S*")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+")
_TYPE_OF: Final = {names.folded(kind): kind for kind in schema.TYPES}
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column in a sample, with some of its non-empty cells; ``is_list`` if the cells are lists.

    ``words`` are the folded name, then the name without its first words: ``event.customer_id`` is also ``customerid``.
    """

    name: str
    words: Sequence[str]
    cells: Sequence[str]
    is_list: bool

    def share(self, pattern: re.Pattern[str]) -> float:
        return sum(pattern.fullmatch(cell.strip()) is not None for cell in self.cells) / max(1, len(self.cells))


def suggested(columns: Sequence[str], sample: pa.Table, reading: Reading | None = None) -> Mapping:
    """The likeliest mapping of the columns. ``sample`` has the first rows of the table.

    Unknown columns aren't mapped, because they may name people. What can't be detected stays open: see ``questions``.
    """
    different = {cell for name in columns for cell in _texts(sample, name)}
    absent = tuple(sorted(cell for cell in different if names.folded(cell) in names.NOTHING or cell == r"\N"))
    found = [_column(sample, name, absent) for name in columns]
    fields = _fields(found)
    by_name = {column.name: column for column in found}
    of_fields = {field: by_name[name] for field, name in fields.items()}
    types = _types(of_fields.get("type"))
    order = _order(found, fields)
    mapping = Mapping(
        shape=shape(columns),
        fields=fields,
        constants={} if "type" in fields else _constant(fields, order),
        types=types,
        times=_times(of_fields.get("timestamp")),
        separators={
            field: mark for field, column in of_fields.items() if is_list(field) and (mark := _separator(column))
        },
        decimal=_decimal([column for field, column in of_fields.items() if form_of(field) in _NUMBERS]),
        absent=absent,
        order=order,
        order_total=bool(order) and _is_total(sample, order, fields.get("revenue")),
        reading=reading or Reading(),
    )
    return as_known(mapping, sample)


def completed(sample: pa.Table, mapping: Mapping) -> Mapping:
    """Complete a mapping of chosen fields with the form of their times and the separators of their lists."""
    columns = {field: _column(sample, name, mapping.absent) for field, name in mapping.fields.items()}
    marks = {field: mark for field, column in columns.items() if is_list(field) and (mark := _separator(column))}
    times = _times(columns.get("timestamp"))
    return msgspec.structs.replace(mapping, separators=marks, times=times)


_NUMBERS: Final = (Form.NUMBER, Form.NUMBER_OR_NUMBERS)


def _texts(sample: pa.Table, name: str) -> Iterator[str]:
    for cell in sample[name].slice(0, SAMPLE_ROWS).to_pylist():
        if isinstance(cell, list):
            yield from (each for each in cell if each)
        elif cell and cell.strip():
            yield cell


def _column(sample: pa.Table, name: str, absent: Sequence[str]) -> Column:
    import pyarrow as pa

    cells = [cell for cell in _texts(sample, name) if cell not in absent]
    parts = [part.lower() for part in _PARTS.findall(name)]
    words = [names.folded(name), *("".join(parts[place:]) for place in range(1, len(parts)))]
    return Column(name, words, cells[:SAMPLE_ROWS], bool(pa.types.is_list(sample.schema.field(name).type)))


def _fields(columns: Sequence[Column]) -> dict[str, str]:
    """The column of each field. Likelier pairs go first; each column is used once."""
    pairs = sorted(
        (
            (-score, place, order, field)
            for order, field in enumerate(names.COLUMNS)
            for place, column in enumerate(columns)
            if (score := _score(field, column)) > 0
        ),
    )
    found: dict[str, str] = {}
    taken: set[int] = set()
    for _, place, _, field in pairs:
        if field not in found and place not in taken:
            found[field] = columns[place].name
            taken.add(place)
    return {field: found[field] for field in names.COLUMNS if field in found}


def _score(field: str, column: Column) -> float:
    """How likely it is that a column stands for a field, from 0 to 2."""
    score = _likeness(field, column) if column.cells else 0.0
    return score if score and _may_hold(field, column) else 0.0  # names first: to look at values takes time


def _likeness(field: str, column: Column) -> float:
    """The score of a column with values that are possible for the field."""
    known = names.COLUMNS[field]
    if column.name == field or column.name == field.rpartition(".")[2]:
        return 2.0
    for distance, word in enumerate(column.words):
        one = word if word in known else word.removesuffix("s")  # "articles" as "article"
        if distance and one == "type" and not _share_known(column):
            continue  # such as "Customer type"
        if one in known:
            return (1.5 if distance == 0 else 1.0) - known.index(one) / 100
    if field == "type" and _are_types(column) and _share_known(column) > _MANY:
        return 0.8
    if field == "timestamp" and not any(column.words[0] in others for others in names.COLUMNS.values()):
        return 0.5 if times.seen(column.cells, _SURELY).forms not in ((), (times.EXCEL,)) else 0.0
    return 0.0


def _share_known(column: Column) -> float:
    """The share of a column's distinct values that are known names of interactions."""
    different = set(column.cells)
    return sum(_type_of(value) is not None for value in different) / len(different)


def _may_hold(field: str, column: Column) -> bool:
    """Whether a column's values are possible for a field."""
    form = form_of(field)
    if field == "type":
        return not column.is_list and _are_types(column)
    if form == Form.TIMESTAMP:
        return bool(times.seen(column.cells).forms) or any(map(str.isdecimal, column.cells)) is False
    if form in _NUMBERS:
        return column.is_list or column.share(_NUMBER) > 0.5 or _separator(column) != ""
    if field in ("context.page.url", "context.page.referrer"):
        return column.share(_URL) > 0.5
    if form == Form.IPV4:
        return column.share(_IP) > 0.5
    return True


def _are_types(column: Column) -> bool:
    """Whether a column has few distinct values, or all are known names of interactions."""
    different = set(column.cells)
    if all(_type_of(value) is not None for value in different):
        return True
    return len(different) <= min(_MOST_TYPES, max(5, len(column.cells) // 2)) and column.share(_NUMBER) < 0.5


def _type_of(value: str) -> str | None:
    if value in schema.GROUP_OF:
        return value
    name = names.folded(value)
    return _TYPE_OF.get(name) or names.TYPE_OF.get(name)


def type_table(values: Sequence[str]) -> dict[str, str | None]:
    """The likeliest type for each value, None if unknown. Values that are types themselves are left out."""
    return {value: _type_of(value) for value in values if value not in schema.GROUP_OF}


def _types(column: Column | None) -> dict[str, str | None]:
    return (
        type_table([cell for cell in dict.fromkeys(column.cells) if cell != column.name][:_MOST_TYPES])
        if column
        else {}
    )


def _constant(fields: dict[str, str], order: str) -> dict[str, str]:
    """The type of all rows in a table without a type column, if the other columns leave no doubt."""
    if order or "revenue" in fields:
        return {"type": "checkout"}
    if "rating" in fields:
        return {"type": "rate"}
    if "search.keywords" in fields and "product_ids" not in fields:
        return {"type": "search"}
    return {}


def _times(column: Column | None) -> Times:
    seen = times.seen(column.cells) if column else times.Seen((), has_zone=False)
    return Times(seen.forms[0] if len(seen.forms) == 1 else "", "")


def _separator(column: Column) -> str:
    """The separator of a list's values: the one found in most cells."""
    if column.is_list:
        return ""
    if any(_is_json(cell) for cell in column.cells):
        return JSON_LIST
    counts = {mark: sum(mark in cell for cell in column.cells) for mark in _SEPARATORS}
    mark = max(counts, key=lambda each: counts[each])
    return mark if counts[mark] else ""


def _is_json(cell: str) -> bool:
    """Whether a cell is a list as JSON, or as Python writes one."""
    return cell.lstrip().startswith("[") and any(map(_is_list_of_json, (cell, cell.replace("'", '"'))))


def _is_list_of_json(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), list)
    except msgspec.MsgspecError:
        return False


def _decimal(columns: Sequence[Column]) -> str:
    """The decimal mark: a comma if some number needs it and none needs a point."""
    cells = [cell.strip() for column in columns for cell in column.cells]
    has_comma = any(_COMMA.fullmatch(cell) for cell in cells)
    has_point = any(_POINT.fullmatch(cell) for cell in cells)
    return "," if has_comma and not has_point else "."


def _order(columns: Sequence[Column], fields: dict[str, str]) -> str:
    """The column that identifies orders, unless it's mapped to a field."""
    taken = set(fields.values())
    for column in columns:
        if column.name not in taken and column.cells and any(word in names.ORDERS for word in column.words):
            return column.name
    return ""


def _is_total(sample: pa.Table, order: str, revenue: str | None) -> bool:
    """Whether each row of an order has the same revenue, in all orders of several rows."""
    if revenue is None:
        return False
    found: dict[str, list[str]] = {}
    for name, amount in zip(sample[order].to_pylist(), sample[revenue].to_pylist(), strict=True):
        if name and amount:
            found.setdefault(str(name), []).append(str(amount))
    several = [amounts for amounts in found.values() if len(amounts) > 1]
    return bool(several) and all(len(set(amounts)) == 1 for amounts in several)
