"""The value of a record in a field, or its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis
import pyarrow as pa
from ibis import _

from interactions.analytics.conditions import host_of, page_of, text_in_context
from interactions.analytics.devices import device_of
from interactions.analytics.step_fields import PARTS_OF_CAMPAIGN, StepField, SteppedField, key_of

_COLUMNS: Final = {
    StepField.TYPE: "type",
    StepField.KEYWORDS: "keywords",
    StepField.REGION: "region",
    StepField.LOCALE: "locale",
    StepField.RESULT_TYPE: "result_type",
    **{field: f"campaign_{name}" for field, name in PARTS_OF_CAMPAIGN.items()},
}
_LISTS: Final = {StepField.PRODUCT: "product_ids", StepField.CATEGORY: "category"}


def with_value(rows: ibis.Table, field: SteppedField, agents: Sequence[str | None]) -> ibis.Table:
    """``rows`` with the column ``value``, null where they have none. ``agents`` are those that occur.

    Of a field with several values there is a row for each different value, and each record has one with null, too.
    """
    if field == StepField.PAGE:
        return rows.mutate(value=page_of(rows.page_url))
    if field == StepField.REFERRER:
        return rows.mutate(value=host_of(rows.page_referrer))
    if key := key_of(field):
        return rows.mutate(value=text_in_context(rows.extra, key))
    if column := _LISTS.get(StepField(field)):
        bare = rows.mutate(value=ibis.null("string"))
        each = rows.filter(rows[column].length() > 0)
        each = each.mutate(value=each[column].unique().unnest()).filter(_.value.notnull())
        return bare.union(each)
    if field != StepField.DEVICE:
        return rows.mutate(value=rows[_COLUMNS[StepField(field)]])
    known = sorted({agent or "" for agent in agents} | {""})
    devices = ibis.memtable(
        pa.table({"agent": pa.array(known, pa.string()), "device": pa.array(map(device_of, known), pa.string())})
    )
    rows = rows.mutate(agent=rows.user_agent.fill_null("")).join(devices, "agent")
    return rows.mutate(value=rows.device)  # in place of the column of that name
