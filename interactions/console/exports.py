"""Exports: download the filtered records, and the list of exports written by a worker."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interactions import exports as exporting
from interactions.access.roles import Right
from interactions.analytics.data_sets import settled
from interactions.analytics.reports import record_chunks
from interactions.analytics.reports.totals import count
from interactions.codec.record_files import RecordFormat, pieces
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import demand, person
from interactions.console.people.filter import admit
from interactions.console.records.records import period_of
from interactions.errors import DojoError
from interactions.models import Environment, Export
from interactions.questions.records import records_filter

_SHOWN: Final = 100
_MEDIA_TYPE: Final = "application/gzip"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def exports(request: HttpRequest, environment: str) -> HttpResponse:
    """The latest exports; POST starts one with the filter in the form."""
    here = get_object_or_404(Environment, slug=environment)
    if request.method == "POST":
        return _begin(request, here)
    rows = list(here.exports.select_related("created_by", "environment")[:_SHOWN])
    context = {"environment": here, "rows": rows, "changing": any(export.is_running for export in rows)}
    return page_or_fragment(request, "exports/list.html", "rows", context)


@require_safe
@never_cache
def export_new(request: HttpRequest, environment: str) -> HttpResponse:
    """The number of records, and a choice of format."""
    here = get_object_or_404(Environment, slug=environment)
    choice = FilterChoice.of(request.GET, here.zone, cohorts=KnownCohorts(here))
    if choice.people:
        demand(request, Right.PEOPLE, here.slug)
    total = count(settled(here.slug), records_filter(here, choice))
    context = {
        "environment": here,
        "total": total,
        "is_at_once": total <= exporting.AT_ONCE,
        "pairs": choice.pairs(),
        "query": choice.query(),
        "period": period_of(choice, here.zone),
        "chips": choice.chips,
    }
    return page_or_fragment(request, "exports/new.html", "form", context)


@require_safe
@never_cache
def export_at_once(request: HttpRequest, environment: str) -> HttpResponseBase:
    """Stream the records if there are few; else redirect to the form for an export by a worker."""
    here = get_object_or_404(Environment, slug=environment)
    choice, form = (
        FilterChoice.of(request.GET, here.zone, cohorts=KnownCohorts(here)),
        _form(request.GET.get("format", "")),
    )
    admit(request, here, choice.people, "export")
    wanted = records_filter(here, choice)
    rows = record_chunks.records(here.slug, wanted, exporting.AT_ONCE + 1)
    if rows.num_rows > exporting.AT_ONCE:
        messages.warning(request, "There are too many records to download directly now. Start an export instead.")
        response = redirect("export_new", environment=here.slug)
        response["Location"] += choice.query()
        return response
    exporting.at_once(here, wanted, form.value, records=rows.num_rows)
    name = f"interactions-{here.slug}-{timezone.localdate()}.{form.value}"
    return StreamingHttpResponse(
        pieces(form, rows),
        content_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
def export_file(request: HttpRequest, environment: str, pk: int) -> HttpResponseBase:
    """Download a finished export."""
    export = _find(environment, pk)
    if export.is_of_a_person:
        demand(request, Right.PEOPLE, environment)
    try:
        file = exporting.file_path(export).open("rb") if export.is_done else None
    except FileNotFoundError:
        file = None
    if file is None:
        raise Http404("This file was removed, or isn't finished yet.")
    exporting.taken(export)
    form = RecordFormat(export.format)
    media_type = form.media_type if form is RecordFormat.PARQUET else _MEDIA_TYPE
    return FileResponse(file, as_attachment=True, filename=export.file_name, content_type=media_type)


@require_POST
def export_cancel(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Cancel an export, or remove its file."""
    try:
        exporting.cancel(_find(environment, pk))
    except DojoError as error:
        messages.error(request, str(error))
    return redirect("exports", environment=environment)


def _begin(request: HttpRequest, here: Environment) -> HttpResponse:
    choice, form = (
        FilterChoice.of(request.POST, here.zone, cohorts=KnownCohorts(here)),
        _form(request.POST.get("format", "")),
    )
    admit(request, here, choice.people, "export")
    wanted = records_filter(here, choice)
    try:
        total = count(settled(here.slug), wanted)
    except DojoError as error:
        messages.error(request, str(error))
        return redirect("exports", environment=here.slug)
    exporting.begin(here, wanted, form.value, records=total, user=person(request))
    return redirect("exports", environment=here.slug)


def _form(word: str) -> RecordFormat:
    return RecordFormat(word) if word in set(RecordFormat) else RecordFormat.LINES


def _find(environment: str, pk: int) -> Export:
    return get_object_or_404(Export.objects.select_related("environment"), pk=pk, environment__slug=environment)
