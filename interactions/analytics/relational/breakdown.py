"""A measure by the values of a property, in all and by bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis import _

from interactions.analytics.conditions import host_of, page_of, text_in_context
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.relational.bars import in_bars
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, with_person
from interactions.analytics.relational.products import BUY, all_lines, named
from interactions.analytics.relational.sessions import QUIET
from interactions.contract.schema import GROUP_OF

_ROW: Final = "row"
_COLUMNS: Final = {
    **{name: name for name in ("type", "keywords", "region", "locale", "result_type")},
    **{name: f"campaign_{name}" for name in ("source", "medium", "term", "content")},
    "campaign": "campaign_name",
}
_LISTS: Final = {"product": "product_ids", "category": "category"}
_KEPT: Final = (_ROW, *PERSON, "at", "type", "revenue", "product_ids", "quantities", "session")


def by_value(data: DataSet, filter: Filter, asked: Breakdown, limit: int) -> ibis.Table:
    """``value``, the amounts, and ``size``: the ``limit`` values with the most, and how many there are."""
    rows = _valued(data, filter, asked).filter(_.value.notnull())
    found = _measured(rows, asked, "value")
    found = found.filter(found[_first(asked)] != 0)
    found = found.mutate(size=found.value.count().over(ibis.window()))
    return found.order_by(ibis.desc(_first(asked)), "value").limit(limit)


def by_slot(data: DataSet, filter: Filter, asked: Breakdown, values: Sequence[str]) -> ibis.Table:
    """``slot`` and the amounts: 0 is no value, 1 to n are ``values``, n + 1 is all others."""
    return _measured(_slotted(_valued(data, filter, asked), values), asked, "slot")


def by_slot_and_bar(
    data: DataSet, filter: Filter, asked: Breakdown, values: Sequence[str], bars: ibis.Table
) -> ibis.Table:
    """``slot, start`` and the amounts. A session counts in the bar where it begins."""
    rows = _slotted(_valued(data, filter, asked), values)
    if asked.measure is Measure.SESSIONS:
        rows = rows.mutate(at=rows.at.min().over(ibis.window(group_by=[*PERSON, "session"])))
    return _measured(in_bars(rows, bars), asked, "slot", "start")


def total(data: DataSet, filter: Filter, asked: Breakdown) -> ibis.Table:
    """One row, or none: the amounts of all records."""
    rows = _rows(data, filter, asked).mutate(row=ibis.row_number())
    rows = rows.select(*_kept(rows), value=ibis.null("string"), part=rows.revenue)
    return _measured(_slotted(rows, ()), asked, "slot")


def _first(asked: Breakdown) -> str:
    return "people" if asked.measure is Measure.CONVERSION else asked.measure.value


def _rows(data: DataSet, filter: Filter, asked: Breakdown) -> ibis.Table:
    rows = with_person(data.within(filter), data)
    if asked.measure is Measure.SESSIONS:
        rows = rows.filter(rows.person.notnull())
        rows = rows.mutate(before=rows.at.lag().over(ibis.window(group_by=list(PERSON), order_by="at")))
        begins = (rows.before.isnull() | (rows.at - rows.before >= QUIET)).cast("int64")
        # By range: records of the same time are in any order, and in the same session.
        until = ibis.range_window(group_by=list(PERSON), order_by="at", preceding=None, following=0)
        return rows.mutate(begins=begins).mutate(session=_.begins.sum().over(until))
    return rows


def _kept(rows: ibis.Table) -> list[str]:
    return [name for name in _KEPT if name in rows.columns]


def _valued(data: DataSet, filter: Filter, asked: Breakdown) -> ibis.Table:
    """``value``, ``part``, its revenue, and what is kept of the record: a row for each value, and for none."""
    rows = _rows(data, filter, asked).mutate(row=ibis.row_number())
    if asked.is_list:
        return _listed(rows, asked)
    value = _value(rows, asked, data.agents)
    return rows.select(*_kept(rows), value=value, part=rows.revenue)


def _listed(rows: ibis.Table, asked: Breakdown) -> ibis.Table:
    column = rows[_LISTS[asked.by]]
    kept = _kept(rows)
    # Records without a value have numbers of their own, as both sides may be numbered anew.
    bare = rows.filter(column.isnull() | (column.length() == 0))
    bare = bare.select(*kept, value=ibis.null("string"), part=bare.revenue).mutate(row=-1 - _.row)
    if asked.by == "product" and asked.measure is Measure.REVENUE:
        each = all_lines(rows, _ROW, "at", "type").select(*(_ROW, "at", "type"), value=_.product_id, part=_.revenue)
        return each.union(bare.select(*each.columns))
    rows = rows.filter(column.length() > 0)
    each = rows.select(*kept, value=rows[_LISTS[asked.by]].unique().unnest(), part=rows.revenue)
    several = each.value.count().over(ibis.window(group_by=_ROW))
    each = each.mutate(several=several).filter(_.value.notnull() | (_.several == 0)).drop("several")
    return each.union(bare.select(*each.columns))


def _value(rows: ibis.Table, asked: Breakdown, agents: Sequence[str | None]) -> Any:
    """The value of a property that has one for each record."""
    if asked.by in _COLUMNS:
        return rows[_COLUMNS[asked.by]]
    if asked.key:
        return text_in_context(rows.extra, asked.key)
    return _DERIVED[asked.by](rows, agents)


def _group(rows: ibis.Table, _agents: Sequence[str | None]) -> Any:
    return rows.type.cases(*((name, group.value) for name, group in GROUP_OF.items()))


def _device(rows: ibis.Table, agents: Sequence[str | None]) -> Any:
    by_device: dict[str, list[str]] = {}
    for agent in agents:
        if agent is not None:
            by_device.setdefault(device_of(agent).value, []).append(agent)
    branches = [(rows.user_agent.isin(each), device) for device, each in by_device.items()]
    return ibis.cases((rows.user_agent.isnull(), device_of(None).value), *branches)


def _yes(found: Any) -> Any:
    return ibis.ifelse(found, "yes", "no")


_DERIVED: Final[dict[str, Callable[[ibis.Table, Sequence[str | None]], Any]]] = {
    "group": _group,
    "device": _device,
    "page": lambda rows, _agents: page_of(rows.page_url),
    "referrer": lambda rows, _agents: host_of(rows.page_referrer),
    "assisted": lambda rows, _agents: _yes(rows.miso_id.notnull()),
    "origin": lambda rows, _agents: ibis.ifelse(rows.import_id == 0, "live", "import"),
    "signed_in": lambda rows, _agents: _yes(rows.user_key.notnull()),
}


def _slotted(rows: ibis.Table, values: Sequence[str]) -> ibis.Table:
    """``rows`` with the ``slot`` of their value instead of the value."""
    if not values:
        return rows.mutate(slot=ibis.ifelse(rows.value.isnull(), 0, 1).cast("int64")).drop("value")
    places = pa.table(
        {"known": pa.array(values, pa.string()), "place": pa.array(range(1, len(values) + 1), pa.int64())}
    )
    known = ibis.memtable(places)
    rows = rows.left_join(known, [rows.value == known.known])
    slot = ibis.ifelse(rows.value.isnull(), 0, ibis.coalesce(rows.place, len(values) + 1)).cast("int64")
    return rows.mutate(slot=slot).drop("value", "known", "place")


def _measured(rows: ibis.Table, asked: Breakdown, *by: str) -> ibis.Table:
    """The amounts by some columns: each record, person, session or product counts once."""
    match asked.measure:
        case Measure.RECORDS:
            return rows.select(*by, _ROW).distinct().group_by(*by).agg(records=_.count())
        case Measure.PEOPLE:
            people = rows.filter(rows.person.notnull()).select(*by, *PERSON).distinct()
            return people.group_by(*by).agg(people=_.count())
        case Measure.SESSIONS:
            return rows.select(*by, *PERSON, "session").distinct().group_by(*by).agg(sessions=_.count())
        case Measure.PRODUCTS:
            return named(rows, *by).distinct().group_by(*by).agg(products=_.count())
        case Measure.REVENUE:
            return _revenue(rows, asked, by)
        case Measure.CONVERSION:
            return _converted(rows, asked, by)


def _revenue(rows: ibis.Table, asked: Breakdown, by: Sequence[str]) -> ibis.Table:
    paid = rows.filter(rows.type == BUY, rows.part.notnull())
    if asked.by != "product":  # whose parts are of the lines
        paid = paid.select(*by, _ROW, "part").distinct()
    return paid.group_by(*by).agg(revenue=_.part.sum())


def _converted(rows: ibis.Table, asked: Breakdown, by: Sequence[str]) -> ibis.Table:
    """The people, and those of them with a record of the goal, in the same bar if there are bars."""
    rows = rows.filter(rows.person.notnull())
    at = [name for name in by if name == "start"]
    won = (rows.type == asked.goal).cast("int64").max().over(ibis.window(group_by=[*at, *PERSON]))
    people = rows.mutate(won=won).select(*by, *PERSON, "won").distinct()
    return people.group_by(*by).agg(people=_.count(), converted=_.won.sum())
