"""The page of one record, as it was sent."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.reports import records as questions
from interactions.analytics.reports.record_order import RecordKey
from interactions.codec import export
from interactions.console.filter.choice import FilterChoice
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import may
from interactions.console.records.cells import details, only
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Person
from interactions.models import Environment
from interactions.product_names import names_of


@require_safe
@never_cache
def record(request: HttpRequest, environment: str, key: str) -> HttpResponse:
    """One record as sent."""
    here = get_object_or_404(Environment, slug=environment)
    place = RecordKey.of(key)
    found = questions.record(here.slug, place) if place else None
    if found is None or place is None:
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "records/record.html#gone", {"environment": here})
        raise Http404("There is no such record.")
    row = found.to_pylist()[0]
    whole = next(export.records(found.select(TABLE_SCHEMA.names)))
    everything = FilterChoice.of(request.GET, here.zone).cleared().timeless()
    context = {
        "environment": here,
        "row": row,
        "key": place,
        "details": details(row),
        "imported": here.imports.filter(pk=row["import_id"]).first() if row["import_id"] else None,
        "json": json.dumps(whole, indent=2, ensure_ascii=False),
        "links": _links(row, everything, people=may(request, Right.PEOPLE, here.slug)),
        "product_names": names_of(here, row["product_ids"] or []),
        "person": _person_of(row),
    }
    return page_or_fragment(request, "records/record.html", "record", context)


def _person_of(row: dict[str, Any]) -> Person | None:
    """The person to link to: the user, or else the anonymous id."""
    if row["user_key"] is not None:
        return Person(user_key=row["user_key"])
    return Person(anonymous_key=row["anonymous_key"]) if row["anonymous_key"] is not None else None


def _links(row: dict[str, Any], everything: FilterChoice, *, people: bool) -> dict[str, Any]:
    """Links from a record's ids to all records that have them; ids of people only with ``people``."""
    links: dict[str, Any] = {
        f"{kind}_id": only(everything, f"{kind}_key", row[f"{kind}_key"])
        for kind in ("user", "anonymous")
        if people and row[f"{kind}_key"] is not None
    }
    if row["miso_id"] is not None:
        links["miso_id"] = only(everything, "miso_id", row["miso_id"])
    links["products"] = [(each, only(everything, "product_id", each)) for each in (row["product_ids"] or [])[:100]]
    links["import"] = everything.replaced(import_id=row["import_id"]).query() if row["import_id"] else ""
    return links
