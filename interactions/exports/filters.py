"""Store the filter of an export as text in its row."""

from __future__ import annotations

from typing import Any

import msgspec

from interactions.analytics.cohorts import CohortCondition
from interactions.analytics.conditions import Condition, Value
from interactions.analytics.filters import Alternative, Filter
from interactions.analytics.periods import Period
from interactions.contract.schema import Group


def stored(filter: Filter) -> str:
    """The filter as JSON, for :func:`restored`."""
    return msgspec.json.encode(filter).decode()


def restored(text: str) -> Filter:
    """The filter stored by this version of Dojo or an earlier one, which had an entry for each field."""
    given: dict[str, Any] = msgspec.json.decode(text)
    period = msgspec.convert(given.pop("period"), Period)
    groups = msgspec.convert(given.pop("groups"), tuple[Group, ...])
    types = msgspec.convert(given.pop("types"), tuple[str, ...])
    if "conditions" in given:
        any_of = [[_alternative(each) for each in group] for group in given.get("any_of", ())]
        cohorts = msgspec.convert(given.get("cohorts", ()), tuple[CohortCondition, ...])
        return Filter(period, groups, types, msgspec.convert(given["conditions"], list[Condition]), any_of, cohorts)
    left_out = given.pop("without_import", None)
    fields = msgspec.convert(given, dict[str, Value | None])
    conditions = [Condition(name, (value,)) for name, value in fields.items() if value is not None]
    return Filter(period, groups, types, conditions).having(is_not=True, import_id=left_out)


def _alternative(given: dict[str, Any]) -> Alternative:
    return msgspec.convert(given, CohortCondition) if "cohorts" in given else msgspec.convert(given, Condition)
