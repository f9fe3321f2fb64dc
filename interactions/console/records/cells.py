"""Rows of the Records page: the columns to choose from, and the cells with their links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from interactions.analytics.reports.record_order import RecordKey
from interactions.analytics.reports.record_sorted import SORTED
from interactions.console import charts
from interactions.console.filter.choice import FilterChoice
from interactions.product_names import ProductNames
from interactions.templatetags.presentation import counted, duration

Record = dict[str, Any]  # a row of the table, by column

_MOST_IDS: Final = 2  # per cell; if there are more, the first is shown and the rest are counted


@dataclass(frozen=True, slots=True)
class RecordColumn:
    """A column to choose.

    ``field`` is the filter field that its values link to, or empty. With ``is_person`` the link has the keyed hash.
    """

    name: str
    label: str
    field: str = ""
    is_number: bool = False
    is_person: bool = False

    @property
    def is_sorted(self) -> bool:
        """Whether records can be sorted by it."""
        return self.name in SORTED

    @property
    def descends(self) -> bool:
        """Whether the largest values come first at first, as those of numbers and times do."""
        return self.is_number or self.name == "received_at"


COLUMNS: Final = (
    RecordColumn("type", "Type", "types"),
    RecordColumn("details", "Details"),
    RecordColumn("person", "Person"),
    RecordColumn("product_ids", "Products", "product_id"),
    RecordColumn("page_url", "Page", "page_contains"),
    RecordColumn("origin", "Came by"),
    RecordColumn("user_id", "User id", "user_key", is_person=True),
    RecordColumn("anonymous_id", "Anonymous id", "anonymous_key", is_person=True),
    RecordColumn("miso_id", "Miso id", "miso_id"),
    RecordColumn("keywords", "Search words", "keywords"),
    RecordColumn("category", "Category", "category"),
    RecordColumn("quantities", "Quantities", is_number=True),
    RecordColumn("revenue", "Revenue", is_number=True),
    RecordColumn("duration", "Duration", is_number=True),
    RecordColumn("rating", "Rating", is_number=True),
    RecordColumn("custom_action_name", "Action name"),
    RecordColumn("product_group_ids", "Product groups"),
    RecordColumn("campaign_source", "Campaign source", "campaign_source"),
    RecordColumn("campaign_medium", "Campaign medium", "campaign_medium"),
    RecordColumn("campaign_name", "Campaign name", "campaign_name"),
    RecordColumn("page_title", "Page title"),
    RecordColumn("page_referrer", "Referrer"),
    RecordColumn("locale", "Locale", "locale"),
    RecordColumn("region", "Region", "region"),
    RecordColumn("user_agent", "User agent"),
    RecordColumn("received_at", "Received"),
)
USUAL: Final = ("type", "details", "person", "product_ids", "page_url")
_BY_NAME: Final = {column.name: column for column in COLUMNS}
_LISTS: Final = ("product_ids", "product_group_ids", "category")


@dataclass(frozen=True, slots=True)
class Value:
    """A text and its link; ``whole`` is the full text if it's shortened, ``colour`` that of a type.

    ``name`` is the name of a product whose id it is.
    """

    text: str
    link: str = ""
    colour: str = ""
    is_quiet: bool = False
    whole: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The values of one column; ``more`` counts hidden ones, ``moment`` is shown as a time."""

    column: RecordColumn
    values: list[Value]
    more: int = 0
    moment: Any = None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record as a row; ``key`` identifies it in its URL."""

    key: RecordKey
    moment: Any
    type: str
    cells: list[Cell]


def columns_of(names: list[str]) -> list[RecordColumn]:
    """The columns with these names in the order of the form; the default columns if none is known."""
    chosen = [column for column in COLUMNS if column.name in names]
    return chosen or [_BY_NAME[name] for name in USUAL]


def row_of(
    record: Record,
    key: RecordKey,
    columns: list[RecordColumn],
    choice: FilterChoice,
    *,
    people: bool,
    names: ProductNames | None = None,
) -> RecordRow:
    """A record as a row. With ``people``, ids link to the person's records; ``names`` are those of products."""
    cells = [
        _products(record, column, choice, names)
        if names and column.name == "product_ids"
        else _cell(record, column, choice, people=people)
        for column in columns
    ]
    return RecordRow(key, record["timestamp"], record["type"], cells)


def only(choice: FilterChoice, field: str, value: Any) -> str:
    """The query string that narrows ``choice`` to records with ``value``."""
    return choice.replaced(**{field: value}).query()


def details(record: Record) -> str:
    """The fields that matter for the record's type, in a few words."""
    return " · ".join(
        text for name, say in _DETAILS.items() if record[name] is not None and (text := say(record[name]))
    )


def number(value: float) -> str:
    """``19.9`` → ``19.90``, ``20.0`` → ``20``, with separators."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


_DETAILS: Final[dict[str, Callable[[Any], str]]] = {
    "keywords": lambda value: f'"{value}"',
    "custom_action_name": str,
    "category": " › ".join,
    "revenue": lambda value: f"revenue {value:,.2f}",
    "quantities": lambda value: counted(int(sum(value)), "item") if sum(value) == int(sum(value)) else "",
    "duration": duration,
    "rating": lambda value: f"rated {number(value)}",
    "result_type": str,
    "value": str,
}


def _cell(record: Record, column: RecordColumn, choice: FilterChoice, *, people: bool) -> Cell:
    match column.name:
        case "type":
            colour = charts.colour_of_type(record["type"])
            link = only(choice, "types", (record["type"],))
            return Cell(column, [Value(record["type"], link, colour)])
        case "person":
            return Cell(column, _person(record, choice, people=people))
        case _ if column.is_person:
            return Cell(column, _by_id(record, column.name, choice, people=people))
        case "details":
            return Cell(column, [Value(details(record))])
        case "origin":
            return Cell(column, [_origin(record, choice)])
        case "received_at":
            return Cell(column, [], moment=record["received_at"])
        case "revenue" if record["revenue"] is not None:
            return Cell(column, [Value(f"{record['revenue']:,.2f}")])
        case "page_url" if record["page_url"] is not None:
            return Cell(column, [_page(record["page_url"], choice)])
        case _:
            return _plain(record[column.name], column, choice)


def _plain(value: Any, column: RecordColumn, choice: FilterChoice) -> Cell:
    if value is None:
        return Cell(column, [])
    if column.name in _LISTS:
        shown = value if len(value) <= _MOST_IDS else value[:1]
        values = [Value(each, only(choice, column.field, each) if column.field else "") for each in shown]
        return Cell(column, values, more=len(value) - len(shown))
    if column.is_number:
        numbers = value if isinstance(value, list) else [value]
        return Cell(column, [Value(", ".join(number(each) for each in numbers[:10]))])
    return Cell(column, [Value(str(value), only(choice, column.field, value) if column.field else "")])


def _products(record: Record, column: RecordColumn, choice: FilterChoice, names: ProductNames) -> Cell:
    cell = _plain(record[column.name], column, choice)
    return replace(cell, values=[replace(value, name=names.get(value.text, "")) for value in cell.values])


def _page(url: str, choice: FilterChoice) -> Value:
    """Just the decoded path, because the site is usually the same."""
    path = "/" + unquote(url.partition("://")[2].partition("/")[2])
    return Value(path if path != "/" else url, only(choice, "page_contains", url), whole=url)


def _person(record: Record, choice: FilterChoice, *, people: bool) -> list[Value]:
    """The user id, or else the anonymous id in a muted style."""
    name = "user_id" if record["user_id"] is not None else "anonymous_id"
    return _by_id(record, name, choice, people=people, is_quiet=name == "anonymous_id")


def _by_id(record: Record, name: str, choice: FilterChoice, *, people: bool, is_quiet: bool = False) -> list[Value]:
    if record[name] is None:
        return []
    field = name.replace("_id", "_key")
    is_linked = people and record[field] is not None
    return [Value(record[name], only(choice, field, record[field]) if is_linked else "", is_quiet=is_quiet)]


def _origin(record: Record, choice: FilterChoice) -> Value:
    number = record["import_id"]
    if not number:
        return Value("Live", choice.replaced(is_live=True, import_id=None).query())
    return Value(f"Import {number}", choice.replaced(import_id=number, is_live=None).query())
