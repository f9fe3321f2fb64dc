"""What a first question would wait for, done ahead: the loops loaded, or compiled, and the reader of user agents.

A web process does so when it shows its first page of an environment: while that is read, mostly. It takes some ten MB
that a process which answers the API alone has no need of.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.index.dictionaries import FORMS
from interactions.analytics.index.results import results_of
from interactions.analytics.index.rows import FLAT
from interactions.analytics.index.run import ASSISTED, Index, Pairs, Run, Texts
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
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones

_begun = threading.Event()
_MOMENT: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ZONE: Final = ZoneInfo("UTC")
_OF_ALL_KINDS: Final = Filter(
    Period(end=datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    types=("checkout",),
    import_id=0,
    miso_id="a",
    region="a",
    product_id="a",
)
_WIDE: Final = ("at", "received", "result")


def begin() -> None:
    """Be ready soon, without keeping anybody waiting. Only the first call in a process does anything."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=ready, name="readying", daemon=True).start()


def ready() -> None:
    """Load what the questions of the pages need, by asking them of two check-outs."""
    device_of("a user agent")
    index = _index()
    for filter in (Filter(), _OF_ALL_KINDS):
        ask_all(index, filter, Unit.DAY, _ZONE)


def compile_all() -> None:
    """Compile whatever never was compiled. It asks for the identity key, so there has to be a database."""
    ready()
    build_table(TABLE_SCHEMA.empty_table(), Tombstones.of([]), "", 0)


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


def _index() -> Index:
    """Of two check-outs by one person."""
    one, two, starts = np.zeros(1, np.int64), np.zeros(2, np.int64), np.array([0, 1], np.int64)
    code, money, lists = np.zeros(1, np.int32), np.ones(1), np.array([0, 1, 1], np.int64)
    flat: dict[str, Any] = {name: two if name in _WIDE else two.astype(np.int32) for name in FLAT}
    flat |= {"at": np.array([0, 1]), "kind": np.full(2, TYPES.index("checkout") | ASSISTED, np.uint8)}
    flat["result"] = results_of(pa.array(["a", "a"]))
    run = Run(
        **flat,
        product_starts=lists,
        products=code,
        category_starts=lists,
        categories=code,
        custom_starts=lists,
        customs=code,
        sale_event=one,
        sale_revenue=money,
        sale_starts=starts,
        line_product=code,
        line_revenue=money,
        people=one,
        alone=np.zeros(1, np.uint8),
        starts=np.array([0, 2]),
    )
    structs = {"campaign": {"source": "a"}, "custom": {"key": "a", "value": "a"}}
    words = {name: pa.array([structs.get(name, "a")], form) for name, form in FORMS.items()}
    texts = Texts(**{name: pa.chunked_array([text]) for name, text in words.items()})
    pairs = Pairs(user=one + 1, visitor=one, has=np.ones(1, np.uint8), records=one + 2)
    return Index("", 0, (run,), pairs, texts, 0, 1)
