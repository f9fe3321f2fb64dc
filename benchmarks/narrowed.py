"""The filters that the dashboard is asked with: as Dojo takes them, and as SQL over the table of ``clickhouse``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from benchmarks.thin import CUSTOM_KEY, END, user_key
from interactions.analytics.conditions import CUSTOM
from interactions.analytics.devices import Device
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period

_PERSON = 1  # people of small numbers do most


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A filter, and ``sql`` that is true for the same records; ``of_all_types`` says nothing of types."""

    filter: Filter
    sql: str
    of_all_types: str


def _narrowed(filter: Filter, sql: str) -> Narrowed:
    return Narrowed(filter, sql, "true" if filter.has_types else sql)


def _since(moment: datetime | None) -> str:
    assert moment
    return f"ts >= fromUnixTimestamp64Micro({round(moment.timestamp() * 1_000_000)}, 'UTC')"


_MONTH = Period(Period.last_days(30, END).start)
_VIEW = "product_detail_page_view"

NARROWED = {
    "no filter": _narrowed(Filter(), "true"),
    "a type": _narrowed(Filter(types=(_VIEW,)), f"type = '{_VIEW}'"),
    "30 days": _narrowed(Filter(_MONTH), _since(_MONTH.start)),
    "a device": _narrowed(Filter(device=Device.PHONE), "device = 'phone'"),
    "a region": _narrowed(Filter(region="region-7"), "region = 'region-7'"),
    "not a region": _narrowed(Filter().having(is_not=True, region="region-7"), "region <> 'region-7'"),
    "a campaign": _narrowed(Filter(campaign_source="ads"), "campaign_source = 'ads'"),
    "a product": _narrowed(Filter(product_id="product-000002"), "has(product_ids, 'product-000002')"),
    "page contains": _narrowed(Filter(page_contains="/P/1"), "positionCaseInsensitive(page_url, '/p/1') > 0"),
    "a custom key": _narrowed(Filter().having(**{CUSTOM + CUSTOM_KEY: "plus"}), "plan = 'plus'"),
    "a user": _narrowed(Filter(user_key=user_key(_PERSON)), f"user_key = {user_key(_PERSON)}"),
}
