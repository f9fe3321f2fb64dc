"""What a first question would wait for, done ahead: the loops loaded, or compiled, and the reader of user agents.

A web process does so when it shows its first page of an environment: while that is read, mostly. It takes some ten MB
that a process which answers the API alone has no need of.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Period, Unit
from interactions.analytics.reports.attribution import assisted
from interactions.analytics.reports.audience import audience
from interactions.analytics.reports.breakdowns import Subject, top, top_named
from interactions.analytics.reports.data_quality import measure
from interactions.analytics.reports.funnel import SHOP, funnel
from interactions.analytics.reports.overview import added
from interactions.analytics.reports.timeseries import over_time, rhythm, sparklines
from interactions.analytics.reports.totals import by_type, totals
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones

_begun = threading.Event()
_MOMENT: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ZONE: Final = ZoneInfo("Europe/Berlin")


def begin() -> None:
    """Be ready soon, without keeping anybody waiting. Only the first call in a process does anything."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=ready, name="readying", daemon=True).start()


def ready() -> None:
    """Load what the questions of the pages need, by asking them of one search and one check-out."""
    device_of("a user agent")
    index = _small()
    for filter in (Filter(), Filter(period=Period(_MOMENT, None), region="a region")):
        ask_all(index, filter, Unit.DAY, _ZONE)


def ask_all(index: Index, filter: Filter, unit: Unit, zone: ZoneInfo) -> None:
    """Ask all that a dashboard, the Health page and the Overview ask."""
    totals(index, filter, unit, zone)
    by_type(index, filter)
    over_time(index, filter, unit, zone)
    sparklines(index, filter, unit, zone)
    rhythm(index, filter, zone)
    funnel(index, filter, SHOP)
    assisted(index, filter)
    for subject in Subject:
        top(index, filter, subject)
    top_named(index, filter)
    measure(index, zone)
    audience(index)
    added(index, _MOMENT, 2, zone)


def _small() -> Index:
    record: dict[str, Any] = {
        **{"timestamp": _MOMENT, "received_at": _MOMENT, "import_id": 1, "fingerprint": b"", "user_key": 1},
        **{"anonymous_key": 2, "keywords": "words", "region": "a region", "page_url": "https://shop.example/"},
        **{"product_ids": ["a", "b"], "quantities": [1, 2], "category": ["a"], "user_agent": "a user agent"},
        **{"campaign_name": "a campaign", "revenue": 3.0, "miso_id": "00000000-0000-4000-8000-000000000000"},
    }
    nobodys = {**record, "user_key": None, "anonymous_key": None}
    kinds = ("search", "product_detail_page_view", "checkout", "category_page_view", "impression")
    rows = [{**dict.fromkeys(TABLE_SCHEMA.names), **each, "type": kind} for each in (record, nobodys) for kind in kinds]
    return build_table(pa.Table.from_pylist(rows, schema=TABLE_SCHEMA), Tombstones.of([]), "", 0)
