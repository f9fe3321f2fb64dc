"""The values of a field that occur in the data, as suggestions for the filter bar."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.conditions import CUSTOM
from interactions.analytics.data_sets import opened
from interactions.analytics.filters import Filter
from interactions.analytics.question import Engine
from interactions.analytics.reports.context_keys import occurring
from interactions.analytics.reports.reach import reach
from interactions.analytics.reports.suggestions import SUGGESTED, suggestions
from interactions.analytics.reports.totals import by_group, by_type
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import demand
from interactions.contract.schema import Group
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.product_names import named_like, names_of, with_name
from interactions.questions.names import MOST_ROWS
from interactions.questions.parts import FilterPart, part_named

_MOST: Final = 20
_MOST_NAMED: Final = 5_000  # products with a name that has the text, of which the most frequent are shown
_LONGEST: Final = 200  # characters of a text to look for
_SAME_VALUES: Final = {"page_contains": "page_url"}


@require_safe
@never_cache
def filter_values(request: HttpRequest, environment: str) -> JsonResponse:
    """``{"values": [{"value", "words", "records"}], "more", "note"}``: values of the field ``of`` that contain
    ``text``, most records first, of the records that pass the filter in the query string.

    ``more`` is the number of other values. ``note`` says why there are none at the moment.
    """
    here = get_object_or_404(Environment, slug=environment)
    choice = FilterChoice.of(request.GET, here.zone, cohorts=KnownCohorts(here))
    if choice.people:
        demand(request, Right.PEOPLE, here.slug)  # the page with this filter has noted it
    name, text = request.GET.get("of", ""), request.GET.get("text", "").strip()[:_LONGEST]
    try:
        return JsonResponse({**_occurring(here, choice, name, text), "note": ""})
    except DataNotReady as error:
        return JsonResponse({"values": [], "more": 0, "note": str(error)})


def _occurring(here: Environment, choice: FilterChoice, name: str, text: str) -> dict[str, Any]:
    engine = opened(here.slug)
    found = reach(engine, timezone.now(), here.zone, choice.parts.import_id)
    asked = choice.filter(found.newest, found.everything)
    if name in ("type", "group"):
        return {"values": _types(engine, asked, name), "more": 0}
    part = part_named(name)
    field = _SAME_VALUES.get(part.field, part.field) if part else ""
    if part is None or not (field in SUGGESTED or _is_key_there(here, engine, field)):
        return {"values": [], "more": 0}
    frame = suggestions(engine, asked, field, text, _MOST)
    rows = [_row(part, row.value, row.records) for row in frame.itertuples() if not row.is_other]
    more = frame.attrs["size"] - len(rows)
    if field == "product_id":
        rows = _with_names(here, rows + (_named_like(here, engine, asked, text, rows) if text else []))
    return {"values": rows, "more": more}


def _named_like(
    here: Environment, engine: Engine, asked: Filter, text: str, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Products whose name contains the text, of the most frequent ones; without those that the ``rows`` have."""
    names = named_like(here, text, _MOST_NAMED)
    names = {each: name for each, name in names.items() if all(row["value"] != each for row in rows)}
    if not names:
        return []
    occurring = suggestions(engine, asked, "product_id", "", MOST_ROWS)
    found = occurring[occurring["value"].isin(list(names))].head(_MOST)
    return [{"value": row.value, "words": row.value, "records": row.records} for row in found.itertuples()]


def _with_names(here: Environment, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = names_of(here, (row["value"] for row in rows))
    for row in rows:
        row["words"] = with_name(row["value"], names)
    return sorted(rows, key=lambda row: -row["records"])[:_MOST]


def _is_key_there(here: Environment, engine: Engine, field: str) -> bool:
    """Whether a field is a key of custom_context that records have: the index is built again for a new one."""
    key = field.removeprefix(CUSTOM)
    return field.startswith(CUSTOM) and (key in engine.custom_keys or key in occurring(here.slug))


def _types(engine: Engine, asked: Filter, name: str) -> list[dict[str, Any]]:
    types = by_type(engine, asked.of_all_types())
    if name == "type":
        return [{"value": row.type, "words": row.type, "records": row.records} for row in types.itertuples()]
    rows = by_group(types).itertuples()
    return [{"value": Group(row.group).name.lower(), "words": row.group, "records": row.records} for row in rows]


def _row(part: FilterPart, value: str, records: int) -> dict[str, Any]:
    return {"value": value, "words": part.words(value), "records": records}
