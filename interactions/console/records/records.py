"""The Records page: filtered records by time or sorted by a column, searched for words and ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access.preferences import prefer, preferred
from interactions.access.roles import Right
from interactions.analytics.data_sets import settled
from interactions.analytics.filters import Filter
from interactions.analytics.reports import records as questions
from interactions.analytics.reports.record_order import RecordKey
from interactions.analytics.reports.record_search import RecordSearch
from interactions.analytics.reports.records import RecordPage
from interactions.analytics.reports.totals import count
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import demand, may, person
from interactions.console.people.filter import admit, person_of
from interactions.console.records.cells import COLUMNS, RecordColumn, columns_of, only, row_of
from interactions.console.records.sort import RecordSort
from interactions.models import Environment
from interactions.product_names import names_of
from interactions.questions.choice import PRESETS
from interactions.questions.periods import address_of, span
from interactions.questions.records import records_filter, searched
from interactions.warehouse.lake import Lake

PAGE_SIZE: Final = 50
_COLUMNS: Final = "record columns"  # the name of the preference
_KEPT: Final = ("columns", "sort", "words")
_OF_PEOPLE: Final = ("user_id", "anonymous_id")
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
    """A page of records after or before a key (``after``, ``before``), or the last ones (``end``).

    POST keeps ``columns``, or searches for an id, which therefore is in no URL, or for words.
    """
    here = get_object_or_404(Environment, slug=environment)
    if request.method == "POST" and "columns" in request.POST:
        return _keep_columns(request, here)
    if request.method == "POST":
        return _found(request, here, request.POST.get("find", "")[:_LONGEST_SEARCH])
    choice = _choice(request, here)
    admit(request, here, choice.people, "records")
    return page_or_fragment(request, "records/page.html", "records", _page(request, here, choice))


@require_safe
@never_cache
def records_count(request: HttpRequest, environment: str) -> HttpResponse:
    """The number of matching records, which the page loads separately."""
    here = get_object_or_404(Environment, slug=environment)
    choice = _choice(request, here)
    if choice.people:
        demand(request, Right.PEOPLE, here.slug)  # the page that asks for this has noted it
    wanted = _wanted(here, choice)
    total = questions.count(here.slug, wanted) if wanted.words else count(settled(here.slug), wanted.filter)
    return render(request, "records/page.html#total", {"total": total})


def period_of(choice: FilterChoice, zone: tzinfo) -> str:
    """The period in words."""
    if not choice.is_custom:
        return PRESETS[choice.preset]
    if choice.start and choice.end:
        return span(choice.start, choice.end, zone)
    if choice.start:
        return f"From {address_of(choice.start, zone)}"
    return f"To {address_of(choice.end, zone, ends=True)}" if choice.end else PRESETS["all"]


def _choice(request: HttpRequest, here: Environment) -> FilterChoice:
    return FilterChoice.of(request.GET, here.zone, keep=_KEPT, cohorts=KnownCohorts(here))


def _wanted(here: Environment, choice: FilterChoice) -> RecordSearch:
    return searched(here, records_filter(here, choice), choice.kept.get("words", "")[:_LONGEST_SEARCH])


def _page(request: HttpRequest, here: Environment, choice: FilterChoice) -> dict[str, Any]:
    columns = _columns(request, here)
    sort = RecordSort.of(request.GET, choice.mistakes)
    selected = _wanted(here, choice)
    wanted = selected.filter
    page = _rows(request, here, selected, sort)
    rows = page.rows.to_pylist()
    names = names_of(here, (each for row in rows for each in row["product_ids"] or []))
    return {
        "environment": here,
        "choice": choice,
        "filter_page": "records",
        "label": period_of(choice, here.zone),
        "from_day": address_of(choice.start, here.zone)[:10] if choice.start else "",
        "to_day": address_of(choice.end, here.zone, ends=True)[:10] if choice.end else "",
        "imported": here.imports.filter(pk=wanted.import_id).first() if wanted.import_id else None,
        "is_empty": not rows and not any(part.rows for part in Lake(here.slug).parts()),
        "is_filtered": wanted != Filter() or bool(selected.words),
        "sort": sort,
        "sorted": sort.said(COLUMNS),
        "headings": sort.headings(columns, choice),
        "words": " ".join(selected.words),
        "without_words": choice.query(words=None),
        "columns": columns,
        "all_columns": [(column, column in columns) for column in COLUMNS],
        "rows": [
            row_of(row, key, columns, choice, people=may(request, Right.PEOPLE, here.slug), names=names)
            for row, key in zip(rows, page.keys, strict=True)
        ],
        "query": choice.query(),
        "back": choice.query(before=str(page.previous)) if page.previous else "",
        "on": choice.query(after=str(page.next)) if page.next else "",
        "last": choice.query(end="1"),
    }


def _rows(request: HttpRequest, here: Environment, selected: RecordSearch, sort: RecordSort) -> RecordPage:
    """The page that the address asks for."""
    after, before = (RecordKey.of(request.GET.get(name, "")) for name in ("after", "before"))
    asked: dict[str, Any] = {"after": after, "before": before, "is_last": "end" in request.GET, "limit": PAGE_SIZE}
    if sort.order:
        return questions.sorted_page(here.slug, selected, sort.order, **asked)
    return questions.page(here.slug, selected, is_ascending=sort.is_ascending, **asked)


def _columns(request: HttpRequest, here: Environment) -> list[RecordColumn]:
    """The columns in the query string, or else those that the user has kept."""
    names = [name for given in request.GET.getlist("columns") for name in given.split(",")]
    return columns_of(names or preferred(person(request), here, _COLUMNS) or [])


def _keep_columns(request: HttpRequest, here: Environment) -> HttpResponse:
    names = [column.name for column in columns_of(request.POST.getlist("columns"))]
    prefer(person(request), here, _COLUMNS, names)
    return redirect(reverse("records", args=[here.slug]) + _choice(request, here).query(columns=None))


def _found(request: HttpRequest, here: Environment, text: str) -> HttpResponse:
    """Redirect to the records with the id ``text``, or else with its words; if there are none, or it's several kinds of
    id, show that.

    Words that no record has stay out of addresses: they may be an id. People are searched only if the user may see
    them.
    """
    places = questions.search(here.slug, text) if text else {}
    sees_people = may(request, Right.PEOPLE, here.slug)
    shown = {name: records for name, records in places.items() if sees_people or name not in _OF_PEOPLE}
    choice = _choice(request, here)
    everything = replace(choice.cleared().timeless(), kept={})
    address = reverse("records", args=[here.slug])
    if len(shown) == 1:
        return redirect(address + _where_found(everything, next(iter(shown)), text))
    if text and not places and questions.page(here.slug, searched(here, Filter(), text), limit=1).rows.num_rows:
        return redirect(address + choice.query(words=text))
    links = [
        (_FOUND_AS[name], records, address + _where_found(everything, name, text)) for name, records in shown.items()
    ]
    context = {**_page(request, here, everything), "searched": text, "found": links}
    return render(request, "records/page.html", context)


def _where_found(everything: FilterChoice, name: str, text: str) -> str:
    found = person_of(text, is_anonymous=name == "anonymous_id") if name in _OF_PEOPLE else None
    return everything.of_person(found).query() if found else only(everything, name, text)
