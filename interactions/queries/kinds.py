"""What is kept of the interactions in summaries: for each kind, the columns, and how they are made of interactions.

A row of a kind stands for the interactions that are alike in its ``by`` and fall into the same quarter of an hour, or
into the same day. Two rows may be of the same interactions' kin: questions have to put together what belongs together
anyway, as summaries are made of parts, and parts do not know of each other. What is true of each kind:

- ``timestamp`` is that of its first interaction, so a row falls into the bar that all its interactions fall into;
- ``records`` is how many they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import ibis
from ibis import _

from interactions.analytics.devices import RULES
from interactions.analytics.engine import epoch_us
from interactions.queries import health_counts
from interactions.queries.measures import CONVERSIONS
from interactions.queries.naming import (
    BUY,
    CART,
    SHOWN,
    VIEW,
    named_categories,
    named_products,
    page_of,
    traded_products,
)

QUARTER_US: Final = 900_000_000
# Added before a remainder is taken, so that times before 1970 round down too: whole weeks.
_SHIFT: Final = 110_000 * 7 * 96 * QUARTER_US
_FLAGS: Final = ("is_assisted", "is_live")


class Grain(Enum):
    """The time that one row may span. A day is one of the environment's zone."""

    QUARTER = "quarter"
    DAY = "day"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of summary.

    ``name`` is that of its files and ends with a number that rises when their content changes; they are in the order of
    ``by``. ``rows`` gives the interactions that it counts, with the columns ``by`` and those that ``measures`` are made
    of. Either ``by`` has the people's keys, so that rows of people can be left out, or all measures are sums, so that
    they can be taken off.
    """

    name: str
    grain: Grain
    by: tuple[str, ...]
    rows: Callable[[ibis.Table], ibis.Table]
    measures: Callable[[ibis.Table], dict[str, Any]]

    @property
    def of_people(self) -> bool:
        return "user_key" in self.by

    @property
    def fields(self) -> frozenset[str]:
        """The fields of a filter that its rows tell apart. An import's are in segments of their own."""
        if self.grain is Grain.ALL:
            return frozenset()
        types = {"types"} if "type" in self.by else set()
        always = ("period", "import_id", "without_import")
        return frozenset({*always, *types, *(name for name in (*_FLAGS, "device") if name in self.by)})

    def of(self, table: ibis.Table, days: ibis.Table | None = None, devices: ibis.Table | None = None) -> ibis.Table:
        """The summary of the interactions in ``table``, by quarters; of a kind by days with ``days``, by those.

        ``days`` has ``quarter`` and ``day``: two numbers for each quarter in ``table``; ``devices`` has ``agent`` and
        ``device``, for each user agent, "" for none. Without it devices are null: no question asks about them but by a
        filter, which ``table`` has been through then.
        """
        rows = self.rows(table).mutate(quarter=quarter(_.timestamp))
        if "device" in self.by:
            rows = _with_device(rows, devices)
        spans: tuple[str, ...] = ("quarter",)
        if self.grain is Grain.ALL:
            spans = ()
        elif self.grain is Grain.DAY and days is not None:
            rows, spans = rows.join(days, "quarter"), ("day",)
        return rows.group_by([*self.by, *spans]).agg(**self.measures(rows)).drop(*spans)

    def less(self, table: ibis.Table) -> ibis.Table:
        """What to add so that the interactions in ``table`` no longer count: for kinds that are sums."""
        found = self.of(table)
        kept = (*self.by, "timestamp", "last")
        return found.mutate(**{name: -found[name] for name in found.columns if name not in kept})


def quarter(moment: ibis.Value) -> ibis.Value:
    """The start of the quarter of an hour that a moment falls into, in µs since 1970."""
    return quarter_of(epoch_us(moment))


def quarter_of(microseconds: ibis.Value) -> ibis.Value:
    """As :func:`quarter`, of a moment in µs since 1970."""
    return microseconds - (microseconds + _SHIFT) % QUARTER_US


def _flagged(table: ibis.Table) -> ibis.Table:
    return table.mutate(is_assisted=_.miso_id.notnull(), is_live=_.import_id == 0)


def _with_device(rows: ibis.Table, devices: ibis.Table | None) -> ibis.Table:
    if devices is None:
        return rows.mutate(device=ibis.null("string"))
    return rows.mutate(agent=_.user_agent.fill_null("")).join(devices, "agent")


def _revenue(rows: ibis.Table) -> Any:
    return rows.revenue.sum(where=rows.type == "checkout").fill_null(0.0)


def _span(rows: ibis.Table) -> dict[str, Any]:
    return {"timestamp": rows.timestamp.min(), "last": rows.timestamp.max(), "records": rows.count()}


_PEOPLE: Final = ("user_key", "anonymous_key")

COUNTS: Final = Kind(
    "counts-1",
    Grain.QUARTER,
    ("type", *_FLAGS),
    lambda table: _flagged(table),
    lambda rows: {**_span(rows), "revenue": _revenue(rows)},
)
"""By type. First and last cannot be taken off: while people are hidden, they are looked for in journeys."""

DAILY: Final = Kind("daily-3", Grain.DAY, (*COUNTS.by, "device"), COUNTS.rows, COUNTS.measures)
"""By type and what it was seen on: a fraction of the rows of COUNTS, where days will do."""

LINKS: Final = Kind(
    "links-1",
    Grain.ALL,
    _PEOPLE,
    lambda table: table.filter(_.user_key.notnull(), _.anonymous_key.notnull()),
    _span,
)
"""Users and anonymous ids seen in one record."""

NAMED: Final = Kind(
    "named-2",
    Grain.QUARTER,
    ("product",),
    lambda table: named_products(table, "timestamp"),
    lambda rows: {"timestamp": rows.timestamp.min(), "records": rows.count()},
)
"""Products that were named by any interaction. Segments have them in a form of their own (named.py)."""

TRADE: Final = Kind(
    "trade-1",
    Grain.DAY,
    ("product_id", *_FLAGS),
    lambda table: traded_products(_flagged(table), "timestamp", *_FLAGS),
    lambda rows: {
        "timestamp": rows.timestamp.min(),
        "records": rows.count(where=rows.is_named),
        "views": rows.count(where=rows.is_named & (rows.type == VIEW)),
        "carts": rows.count(where=rows.is_named & (rows.type == CART)),
        "buys": rows.count(where=rows.is_named & (rows.type == BUY)),
        "revenue": rows.revenue.sum(),
    },
)
"""Products that were viewed, put into carts and bought."""


def _of_values(name: str, *columns: str, rows: Callable[[ibis.Table], ibis.Table] = lambda table: table) -> Kind:
    def having_any(table: ibis.Table) -> ibis.Table:
        table = rows(_flagged(table))
        return table.filter(ibis.or_(*(table[column].notnull() for column in columns)))

    def measures(found: ibis.Table) -> dict[str, Any]:
        return {
            "timestamp": found.timestamp.min(),
            "records": found.count(),
            "conversions": found.count(where=found.type.isin(CONVERSIONS)),
            "revenue": _revenue(found),
        }

    return Kind(name, Grain.DAY, (*columns, *_FLAGS), having_any, measures)


CAMPAIGNS: Final = _of_values("campaigns-1", "campaign_source", "campaign_medium", "campaign_name")
REGIONS: Final = _of_values("regions-1", "region")
PAGES: Final = _of_values("pages-1", "page", rows=lambda table: table.mutate(page=page_of(table.page_url)))
AGENTS: Final = Kind("agents-1", Grain.DAY, ("user_agent", *_FLAGS), lambda table: _flagged(table), REGIONS.measures)
"""User agents; records without one are in it, too."""

CATEGORIES: Final = Kind(
    "categories-1",
    Grain.DAY,
    ("category", *_FLAGS),
    lambda table: named_categories(_flagged(table), "timestamp", *_FLAGS),
    NAMED.measures,
)

HEALTH: Final = Kind(
    "health-1",
    Grain.DAY,
    ("type",),
    lambda table: table,
    lambda rows: {"timestamp": rows.timestamp.min(), "records": rows.count(), **health_counts.counts(rows)},
)
"""What tells whether interactions are fit to train on."""

RECEIVED: Final = Kind(
    "received-1",
    Grain.ALL,
    ("received", "is_live"),
    lambda table: _flagged(table).mutate(received=quarter(table.received_at)),
    lambda rows: {"timestamp": rows.timestamp.min(), "records": rows.count()},
)
"""By the quarter of an hour, in µs since 1970, in which they came."""

RESULTS: Final = Kind(
    "results-1",
    Grain.DAY,
    ("id", "is_live"),
    # A UUID may be spelt in several ways, and as a number it is compared in half the time.
    lambda table: _flagged(table.filter(_.miso_id.notnull())).mutate(id=_.miso_id.cast("uuid")),
    lambda rows: {
        "timestamp": rows.timestamp.min(),
        "records": rows.count(),
        "shown": rows.count(where=rows.type.isin(SHOWN)),
        "clicks": rows.count(where=rows.type == "click"),
    },
)
"""The searches and recommendations that miso_ids name."""

KINDS: Final = (
    *(COUNTS, DAILY, LINKS, TRADE, RESULTS, CATEGORIES, CAMPAIGNS, PAGES, REGIONS, AGENTS, HEALTH, RECEIVED),
)
FORMAT: Final = " ".join([*(kind.name for kind in KINDS), f"devices-{RULES}"])
