"""The dashboard's panels: data frames as table rows, with links that set the filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import unquote

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.reports import totals
from interactions.analytics.reports.breakdowns import Subject
from interactions.console import charts
from interactions.console.charts import FigureChange
from interactions.console.dashboard.data import DashboardData
from interactions.contract.schema import Group
from interactions.product_names import ProductNames, names_of
from interactions.questions.tables import ranked
from interactions.templatetags.dashboard import NumberKind

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class PanelColumn:
    """A column of numbers; ``source`` is its name in the frame."""

    source: str
    label: str
    kind: NumberKind = NumberKind.NUMBER


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A row. ``length`` is that of its bar in percent of the longest; ``link`` filters by the row.

    ``full`` is the full name if ``name`` is shortened, ``also`` is shown beside it: the id of a product with a name.
    """

    name: str
    link: str
    cells: list[tuple[float | FigureChange | None, NumberKind]]
    length: float
    colour: str = ""
    is_other: bool = False
    full: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A table with a bar per row; ``option`` draws it as a chart. ``explore`` is the query of the same breakdown."""

    name: str
    title: str
    note: str
    heading: str
    columns: list[PanelColumn]
    rows: list[PanelRow]
    absent: str = ""
    """What there is none of if there are no rows."""
    option: dict[str, Any] = field(default_factory=dict)
    explore: str = ""


@dataclass(frozen=True, slots=True)
class Top:
    """How a subject is displayed; ``fields`` are the filter fields for each column of names."""

    title: str
    note: str
    heading: str
    absent: str
    names: tuple[str, ...]
    fields: tuple[str, ...]
    columns: tuple[PanelColumn, ...]


_VALUE: Final = (PanelColumn("records", "Records"), PanelColumn("share", "Share", NumberKind.SHARE))
_GAIN: Final = (*_VALUE, PanelColumn("conversions", "Goals"), PanelColumn("revenue", "Gross revenue", NumberKind.MONEY))
TOPS: Final[dict[Subject, Top]] = {
    Subject.PRODUCTS: Top(
        "Top products", "Records with a product, by what people did", "Product",
        "records with a product", ("product_id",), ("product_id",),
        (
            PanelColumn("views", "Views"), PanelColumn("carts", "Carts"), PanelColumn("buys", "Bought"),
            PanelColumn("conversion", "Buy rate", NumberKind.SHARE),
            PanelColumn("revenue", "Gross revenue", NumberKind.MONEY),
        ),
    ),
    Subject.SEARCHES: Top(
        "Top searches", "Searches by keyword. Followed: a click or product view within 5 minutes", "Words",
        "searches with keywords", ("keywords",), ("keywords",),
        (
            PanelColumn("searches", "Searches"), PanelColumn("followed", "Followed"),
            PanelColumn("followed_share", "Share", NumberKind.SHARE),
            PanelColumn("not_followed", "Not followed"),
        ),
    ),
    Subject.PAGES: Top(
        "Top pages", "Records by page", "Page",
        "records with a page", ("page",), ("page_contains",), _GAIN,
    ),
    Subject.CATEGORIES: Top(
        "Top categories", "Views of category pages", "Category",
        "views of category pages", ("category",), ("category",), _VALUE,
    ),
    Subject.CAMPAIGNS: Top(
        "Top campaigns", "Records by campaign: source, medium, name", "Campaign",
        "records with a campaign", ("source", "medium", "name"),
        ("campaign_source", "campaign_medium", "campaign_name"), _GAIN,
    ),
    Subject.REGIONS: Top(
        "Top regions", "Records by region", "Region",
        "records with a region", ("region",), ("region",), _GAIN,
    ),
    Subject.DEVICES: Top(
        "Devices", "Records by device, from the user agent", "Device",
        "records", ("device",), ("device",), _GAIN,
    ),
}  # fmt: skip


_PROPERTIES: Final = {
    Subject.PRODUCTS: "product",
    Subject.SEARCHES: "keywords",
    Subject.PAGES: "page",
    Subject.CATEGORIES: "category",
    Subject.CAMPAIGNS: "source",
    Subject.REGIONS: "region",
    Subject.DEVICES: "device",
}
"""The property of each subject on the Breakdown page."""
NAMED: Final = replace(
    TOPS[Subject.PRODUCTS],
    note="Records of any type with a product, because there are no views, carts or check-outs",
    columns=_VALUE,
)
"""The products panel for data without views, carts or check-outs."""


def by_type(data: DashboardData) -> Panel:
    """Records by type, with their share, and the change if there is a previous period."""
    return _shares(
        data, data.types, "type", "By type", "Records of each type, and their share of all",
        lambda name: data.choice.filter.replaced(types=(name,), groups=()).query(),
    )  # fmt: skip


def by_group(data: DashboardData) -> Panel:
    """The same by group."""
    return _shares(
        data, totals.by_group(data.types), "group", "By group", "Records of each group, and their share of all",
        lambda name: data.choice.filter.replaced(groups=(Group(name),), types=()).query(),
    )  # fmt: skip


def _shares(
    data: DashboardData, frame: pd.DataFrame, by: str, title: str, note: str, link: Callable[[str], str]
) -> Panel:
    columns = list(_VALUE)
    if data.before is not None:
        frame = frame.assign(change=_changes(data, data.before, frame, by))
        columns.append(PanelColumn("change", "Change", NumberKind.CHANGE))
    colours = [charts.colour_of(name) for name in frame[by]]
    rows = [
        PanelRow(str(entry[by]), link(entry[by]), _cells(entry, columns), length, colour)
        for entry, length, colour in zip(
            frame.to_dict("records"), _lengths(frame["records"].tolist()), colours, strict=True
        )
    ]
    option = charts.ranking(frame[by].tolist(), frame["records"].tolist(), colours)
    explore = _explored(data, by)
    return Panel(f"by_{by}", title, note, by.capitalize(), columns, rows, option=option, explore=explore)


def _changes(data: DashboardData, before: Filter, frame: pd.DataFrame, by: str) -> list[FigureChange]:
    """The change for each row of ``frame``."""
    types = totals.by_type(data.engine, before)
    records = (types if by == "type" else totals.by_group(types)).set_index(by)["records"]
    return [FigureChange(now, int(records.get(name, 0))) for name, now in zip(frame[by], frame["records"], strict=True)]


def top_panel(data: DashboardData, subject: Subject) -> Panel:
    """The top ten of a subject and a row for all others. Each row links to the dashboard filtered by it."""
    frame, is_by_name = ranked(data, subject, _SHOWN)
    shown = NAMED if is_by_name else TOPS[subject]
    columns = _used(frame, shown.columns)
    first = columns[0].source
    lengths = _lengths(frame[first].where(~frame["is_other"], 0).tolist())
    rows = []
    for entry, length in zip(frame.to_dict("records"), lengths, strict=True):
        cells = _cells(entry, columns)
        if entry["is_other"]:
            others = frame.attrs["size"] - len(frame) + 1
            rows.append(PanelRow(f"{others:,} others", "", cells, length, is_other=True))
        else:
            name = _named(subject, [entry[name] for name in shown.names])
            rows.append(PanelRow(name, _link(data, shown, entry), cells, length, full=name))
    if subject is Subject.PAGES:
        rows = _without_site(rows)
    if subject is Subject.PRODUCTS:
        rows = _with_names(rows, names_of(data.environment, (row.full for row in rows)))
    option = charts.ranking([row.name for row in rows], frame[first].tolist())
    explore = _explored(data, _PROPERTIES[subject])
    return Panel(subject.value, shown.title, shown.note, shown.heading, columns, rows, shown.absent, option, explore)


def _explored(data: DashboardData, by: str) -> str:
    """The query string of the Breakdown page, with the filter and the period of the dashboard."""
    return data.choice.filter.query(split=None, step=None, by=by)


def _used(frame: pd.DataFrame, columns: Sequence[PanelColumn]) -> list[PanelColumn]:
    """The columns that aren't zero in every row: a publisher has no carts."""
    return [column for column in columns if frame[column.source].any()] or list(columns[:1])


def _named(subject: Subject, names: list[Any]) -> str:
    if subject is Subject.DEVICES:
        return str(names[0]).capitalize()
    return " / ".join("–" if name is None else str(name) for name in names)


def _with_names(rows: list[PanelRow], names: ProductNames) -> list[PanelRow]:
    """Products by their names, with the ids beside them."""
    return [
        replace(row, name=names[row.full], full=f"{names[row.full]} · {row.full}", also=row.full)
        if row.full in names
        else row
        for row in rows
    ]


def _without_site(rows: list[PanelRow]) -> list[PanelRow]:
    """Name pages by path, because long addresses would be cut off; with the host if there are several."""
    hosts = {_host_and_path(row.full)[0] for row in rows if not row.is_other}
    named = []
    for row in rows:
        host, path = _host_and_path(row.full)
        named.append(replace(row, name=path if len(hosts) == 1 else host + path) if host else row)
    return named


def _host_and_path(address: str) -> tuple[str, str]:
    """``https://shop.example/a%20b`` → ``shop.example``, ``/a b``; an empty host if there is none. Never raises."""
    host, slash, path = address.partition("://")[2].partition("/")
    return host, unquote(slash + path) or "/"


def _link(data: DashboardData, shown: Top, entry: dict[str, Any]) -> str:
    values = {
        field: entry[name] for name, field in zip(shown.names, shown.fields, strict=True) if entry[name] is not None
    }
    return data.choice.filter.replaced(**values).query()


def _cells(
    entry: dict[str, Any], columns: Sequence[PanelColumn]
) -> list[tuple[float | FigureChange | None, NumberKind]]:
    cells = ((entry[column.source], column.kind) for column in columns)
    return [(None if pd.isna(value) else value, kind) for value, kind in cells]


def _lengths(counts: Sequence[float]) -> list[float]:
    """Each in percent of the largest."""
    most = max(counts, default=0) or 1
    return [round(100 * count / most, 2) for count in counts]
