"""Interactions of chance as an index, and filters of every kind to look at them through."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import numpy as np

from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Device, Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.index.delta import take_out
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Period
from interactions.contract.schema import Group
from interactions.contract.tombstones import Tombstones

from ...lakes import Record
from ...traffic import traffic
from ..index.rows import table_of

APRIL = Period(datetime(2024, 4, 1, tzinfo=UTC), datetime(2024, 4, 9, 12, 20, tzinfo=UTC))
MORE = 9  # an import
MOVED = {f"a{number}" for number in range(0, 40, 2)}
FILTERS = (
    Filter(),
    Filter(period=APRIL),
    Filter(period=Period(APRIL.start, None)),
    Filter(period=Period(None, APRIL.end)),
    Filter(types=("search", "checkout"), groups=(Group.CONSUMPTION,)),
    Filter(user_id="u4"),
    Filter(anonymous_id="a10"),
    Filter(product_id="p3"),
    Filter(miso_id=str(UUID(int=7))),
    Filter(keywords="tea"),
    Filter(category="c1"),
    Filter(campaign_source="mail"),
    Filter(campaign_medium="cpc", campaign_name="spring"),
    Filter(page_contains="SHOP.example/a"),
    Filter(page_contains="nowhere"),
    Filter(locale="de-DE"),
    Filter(region="Kent", is_assisted=False),
    Filter(device=Device.PHONE),
    Filter(device=Device.UNKNOWN),
    Filter(is_assisted=True, period=APRIL),
    Filter(is_live=True),
    Filter(is_live=False, import_id=2),
    Filter().having(is_not=True, import_id=2),
    Filter().having(is_not=True, region=("Kent", "nowhere"), product_id="p3"),
    Filter(region=("Kent", "Hessen"), device=(Device.PHONE, Device.UNKNOWN)),
    Filter(campaign_source=("mail", "search")).having(is_not=True, page_contains="SHOP.example/a"),
    Filter(region="nowhere"),
    Filter(campaign_term="shoes", referrer="Search.example"),
    Filter(campaign_content="banner").having(is_not=True, result_type="answer"),
    Filter(any_of=[[Condition("type", ("search", "checkout")), Condition("region", ("Kent",))]]),
)


@cache
def records() -> tuple[Record, ...]:
    """A thousand of them, of two imports and of live calls."""
    found = traffic(1000, seed=5)
    return tuple({**record, "import_id": place % 3} for place, record in enumerate(found))


@cache
def whole() -> Index:
    """The index of all of them."""
    return index_of(records())


def moved() -> Index:
    """The same, after records were added to half of the people and taken out again: those lie in a run of their own."""
    more = [{**record, "import_id": MORE} for record in records() if record["anonymous_id"] in MOVED]
    index = index_of([*records(), *more])
    return take_out(index, [np.flatnonzero(run.source == MORE) for run in index.runs])


def index_of(rows: Iterable[Record]) -> Index:
    return build_table(table_of(rows), Tombstones.of([]), "production", 1)
