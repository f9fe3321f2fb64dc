"""Small tables of records, written by hand, and what an index says of them in plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from interactions import identity
from interactions.analytics.index.run import ASSISTED, NONE, PLACEHOLDER, TYPE_BITS, Index, Run
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import microseconds

from ...lakes import Record, as_row


def table_of(records: Iterable[Record]) -> pa.Table:
    """A table of TABLE_SCHEMA; ids are named by their keyed hashes, as in the lake."""
    return pa.Table.from_pylist([as_row(each) for each in keyed(records)], schema=TABLE_SCHEMA)


def keyed(records: Iterable[Record]) -> list[Record]:
    """The records with the keyed hashes that the lake would name their ids by."""
    key = identity.keyring()
    return [
        {"user_key": key[each.get("user_id")], "anonymous_key": key[each.get("anonymous_id")], **each}
        for each in records
    ]


def as_list(run: Run, begin: int, end: int) -> list[tuple[int, int]]:
    """When the events of a run from ``begin`` to before ``end`` were, and were received."""
    return list(zip(run.at[begin:end].tolist(), run.received[begin:end].tolist(), strict=True))


def said(index: Index) -> list[dict[str, Any]]:
    """All events of an index, with what their codes stand for; in the order of its runs."""
    return [event for run in index.runs for event in _of_run(index, run)]


def _of_run(index: Index, run: Run) -> Iterable[dict[str, Any]]:
    person = np.repeat(np.arange(len(run.people)), np.diff(run.starts))
    for event in range(len(run)):
        whose = None if run.nobody else (int(run.people[person[event]]), bool(run.alone[person[event]]))
        sale = np.flatnonzero(run.sale_event == event)
        yield {
            "person": whose,
            "at": int(run.at[event]),
            "received": int(run.received[event]),
            "type": TYPES[run.kind[event] & TYPE_BITS],
            "is_assisted": bool(run.kind[event] & ASSISTED),
            "has_placeholder": bool(run.kind[event] & PLACEHOLDER),
            "import_id": int(run.source[event]),
            "pair": pair_of(index, int(run.pair[event])),
            **{
                name: text_of(index, name, int(getattr(run, name)[event]))
                for name in ("agent", "region", "locale", "campaign", "page", "referrer", "keywords", "result_type")
            },
            "result": int(run.result[event]),
            "products": _listed(index, "product", run.products, run.product_starts, event),
            "categories": sorted(_listed(index, "category", run.categories, run.category_starts, event)),
            "customs": sorted(_listed(index, "custom", run.customs, run.custom_starts, event), key=repr),
            "revenue": float(run.sale_revenue[sale[0]]) if len(sale) else None,
            "lines": _lines(index, run, int(sale[0])) if len(sale) else [],
        }


def pair_of(index: Index, code: int) -> tuple[int | None, int | None]:
    has = index.pairs.has[code]
    user, visitor = int(index.pairs.user[code]), int(index.pairs.visitor[code])
    return user if has & 1 else None, visitor if has & 2 else None


def text_of(index: Index, name: str, code: int) -> Any:
    return None if code == NONE else getattr(index.texts, name)[code].as_py()


def _listed(index: Index, name: str, codes: np.ndarray, starts: np.ndarray, event: int) -> list[Any]:
    return [text_of(index, name, code) for code in codes[starts[event] : starts[event + 1]]]


def _lines(index: Index, run: Run, sale: int) -> list[tuple[Any, float]]:
    lines = slice(run.sale_starts[sale], run.sale_starts[sale + 1])
    products = [text_of(index, "product", code) for code in run.line_product[lines]]
    return list(zip(products, run.line_revenue[lines].tolist(), strict=True))


def moment(record: Record) -> int:
    """The timestamp of a record in µs since 1970."""
    return microseconds(record["timestamp"])
