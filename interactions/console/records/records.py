"""The Records page: filtered records, newest first; and the page of one record."""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import settled
from interactions.analytics.filters import Filter
from interactions.analytics.reports import records as questions
from interactions.analytics.reports.record_order import RecordKey
from interactions.analytics.reports.totals import count
from interactions.codec import export
from interactions.console.filter.choice import FilterChoice
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import demand, may
from interactions.console.people.filter import admit, person_of
from interactions.console.records.cells import COLUMNS, RecordColumn, columns_of, details, only, row_of
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Person
from interactions.models import Environment
from interactions.questions.choice import PRESETS
from interactions.questions.periods import address_of, span
from interactions.questions.records import records_filter
from interactions.warehouse.lake import Lake

PAGE_SIZE: Final = 50
_REMEMBERED: Final = "record_columns"
_LONGEST_SEARCH: Final = 1_024
_FOUND_AS: Final = {
    "user_id": "user id",
    "anonymous_id": "anonymous id",
    "product_id": "product",
    "miso_id": "Miso id",
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def records(request: HttpRequest, environment: str) -> HttpResponse:
    """A page of records after or before a key (``after``, ``before``), or the oldest ones (``end``).

    POST searches for an id, which therefore is in no URL.
    """
    here = get_object_or_404(Environment, slug=environment)
    if request.method == "POST":
        return _found(request, here, request.POST.get("find", "")[:_LONGEST_SEARCH])
    choice = FilterChoice.of(request.GET, here.zone)
    admit(request, here, choice.people, "records")
    return page_or_fragment(request, "records/page.html", "records", _page(request, here, choice))


@require_safe
@never_cache
def records_count(request: HttpRequest, environment: str) -> HttpResponse:
    """The number of matching records, which the page loads separately."""
    here = get_object_or_404(Environment, slug=environment)
    choice = FilterChoice.of(request.GET, here.zone)
    if choice.people:
        demand(request, Right.PEOPLE, here.slug)  # the page that asks for this has noted it
    total = count(settled(here.slug), records_filter(here, choice))
    return render(request, "records/page.html#total", {"total": total})


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
        "person": _person_of(row),
    }
    return page_or_fragment(request, "records/record.html", "record", context)


def period_of(choice: FilterChoice, zone: tzinfo) -> str:
    """The period in words."""
    if not choice.is_custom:
        return PRESETS[choice.preset]
    if choice.start and choice.end:
        return span(choice.start, choice.end, zone)
    if choice.start:
        return f"From {address_of(choice.start, zone)}"
    return f"To {address_of(choice.end, zone, ends=True)}" if choice.end else PRESETS["all"]


def _page(request: HttpRequest, here: Environment, choice: FilterChoice) -> dict[str, Any]:
    columns = _columns(request)
    wanted = records_filter(here, choice)
    page = questions.page(
        here.slug,
        wanted,
        after=RecordKey.of(request.GET.get("after", "")),
        before=RecordKey.of(request.GET.get("before", "")),
        is_last="end" in request.GET,
        limit=PAGE_SIZE,
    )
    rows = page.rows.to_pylist()
    query = choice.query()
    return {
        "environment": here,
        "choice": choice,
        "filter_page": "records",
        "label": period_of(choice, here.zone),
        "from_day": address_of(choice.start, here.zone)[:10] if choice.start else "",
        "to_day": address_of(choice.end, here.zone, ends=True)[:10] if choice.end else "",
        "imported": here.imports.filter(pk=wanted.import_id).first() if wanted.import_id else None,
        "is_empty": not rows and not any(part.rows for part in Lake(here.slug).parts()),
        "is_filtered": wanted != Filter(),
        "columns": columns,
        "all_columns": [(column, column in columns) for column in COLUMNS],
        "rows": [
            row_of(row, key, columns, choice, people=may(request, Right.PEOPLE, here.slug))
            for row, key in zip(rows, page.keys, strict=True)
        ],
        "query": query,
        "newer": choice.query(before=str(page.newer)) if page.newer else "",
        "older": choice.query(after=str(page.older)) if page.older else "",
        "oldest": choice.query(end="1"),
    }


def _columns(request: HttpRequest) -> list[RecordColumn]:
    """The columns in the query string, which are remembered; else those chosen last."""
    names = request.GET.getlist("columns")
    if names and names != request.session.get(_REMEMBERED):
        request.session[_REMEMBERED] = [column.name for column in columns_of(names)]
    return columns_of(names or request.session.get(_REMEMBERED, []))


def _found(request: HttpRequest, here: Environment, text: str) -> HttpResponse:
    """Redirect to the records with the id ``text``; if there are none, or it's several kinds of id, show that.

    People are searched only if the user may see them.
    """
    sees_people = may(request, Right.PEOPLE, here.slug)
    places = questions.search(here.slug, text, people=sees_people) if text else {}
    everything = FilterChoice.of(request.GET, here.zone).cleared().timeless()
    address = reverse("records", args=[here.slug])
    if len(places) == 1:
        return redirect(address + _where_found(everything, next(iter(places)), text))
    links = [
        (_FOUND_AS[name], records, address + _where_found(everything, name, text)) for name, records in places.items()
    ]
    context = {**_page(request, here, everything), "searched": text, "found": links}
    return render(request, "records/page.html", context)


def _where_found(everything: FilterChoice, name: str, text: str) -> str:
    person = person_of(text, is_anonymous=name == "anonymous_id") if name in ("user_id", "anonymous_id") else None
    return everything.of_person(person).query() if person else only(everything, name, text)


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
