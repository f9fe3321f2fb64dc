"""The import wizard: choose a file, check what it is, and watch it load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, replace_url

from interactions.access import environments
from interactions.console import charts
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import person
from interactions.console.imports import event_types, mapping_form
from interactions.console.imports.imports import find_import
from interactions.console.imports.mapping import map_columns
from interactions.console.imports.workers import nobody_carries
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.errors import DojoError
from interactions.ingest import imports as importing
from interactions.ingest.imports import storage, tables
from interactions.models import Environment, Import

_NAMES = 12  # event names in a table


@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, environment: str) -> HttpResponse:
    """Step 1, the drop zone. The file itself goes to /uploads/; POST makes the sample data's import."""
    here = get_object_or_404(Environment, slug=environment)
    if request.method == "POST":
        return _import_sample(request, here)
    context = {
        "environment": here,
        "free_bytes": storage.room_for_uploads(),
        "is_on_disk": storage.are_on_disk(),
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
        "expires_hours": settings.UPLOAD_EXPIRES_HOURS,
        "types_by_group": TYPES_BY_GROUP,
        "unfinished": here.imports.filter(
            state=Import.State.UPLOADING, created_by=person(request), upload__offset__gt=0
        ).select_related("upload"),
    }
    return page_or_fragment(request, "imports/choose.html", "choose", context)


def _import_sample(request: HttpRequest, here: Environment) -> HttpResponse:
    if request.POST.get("action") != "sample":
        messages.error(request, "Choose a file first.")
        return redirect("import_new", environment=here.slug)
    try:
        sample = importing.create_sample(here, person(request))
    except DojoError as error:
        messages.error(request, str(error))
        return redirect("import_new", environment=here.slug)
    return redirect("import_load", environment=here.slug, pk=sample.pk)


@dataclass(frozen=True, slots=True)
class TypeBar:
    """A type of the sample; ``length`` is the length of its bar, 100 for the type with the most records."""

    name: str
    count: int
    colour: str
    length: float


def _type_bars(types: list[tuple[str, int]]) -> list[TypeBar]:
    most = types[0][1] if types else 0
    return [TypeBar(name, count, charts.colour_of_type(name), round(100 * count / most, 2)) for name, count in types]


@require_http_methods(["GET", "HEAD", "POST"])
def import_check(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Step 1 after the upload: a description of the file, and options. POST starts the import."""
    imp = find_import(environment, pk)
    loading = reverse("import_load", args=[environment, imp.pk])
    if imp.state == Import.State.CHECKING and (tables.is_table(imp) or "map" in request.GET):
        return map_columns(request, imp)
    context: dict[str, Any] = {"environment": imp.environment, "import": imp}
    if request.method == "POST" and "preview" not in request.POST:
        try:
            _start(request, imp)
        except DojoError as error:
            messages.error(request, str(error))
        return redirect(loading)
    if imp.state == Import.State.CHECKING:
        context |= _checked(request, imp)
    elif _was_refused(imp):
        context["refusal"] = imp.error
    elif imp.state != Import.State.UPLOADING:
        return HttpResponseClientRedirect(loading) if request.htmx else redirect(loading)  # type: ignore[attr-defined]
    response = page_or_fragment(request, "imports/check.html", "check", context)
    return replace_url(response, request.path)


def _start(request: HttpRequest, imp: Import) -> None:
    """Save the choices about events, and load the file. Raises DojoError."""
    if imp.connector and imp.state == Import.State.CHECKING:
        event_types.keep(request.POST, imp, person(request))
    zone = request.POST.get("zone", "").strip()
    importing.start(
        imp,
        check_duplicates="check_duplicates" in request.POST,
        zone=environments.zone_called(zone) or zone,
        ignore_unknown_fields="ignore_unknown_fields" in request.POST,
    )


def _checked(request: HttpRequest, imp: Import) -> dict[str, Any]:
    """The page's context for a file, with the choices in the form if it was submitted for a preview."""
    types = None
    if "preview" in request.POST:
        imp.check_duplicates = "check_duplicates" in request.POST
        imp.ignore_unknown_fields = "ignore_unknown_fields" in request.POST
        imp.zone = environments.zone_called(request.POST.get("zone", "").strip()) or ""
        types = event_types.chosen(request.POST, imp) if imp.connector else None
    try:
        inspection = importing.inspect(imp, types)
    except DojoError as error:
        return {"refusal": str(error)}
    context: dict[str, Any] = {
        "inspection": inspection,
        "types": _type_bars(inspection.types),
        "hints": importing.hints(inspection.problems),
        "can_ignore": inspection.events is None,
    }
    if inspection.events is not None:
        rows = event_types.rows(inspection.events.names)
        context |= {
            "names": rows[:_NAMES],
            "more_names": rows[_NAMES : event_types.MOST_ROWS],
            "rest_of_names": len(rows[event_types.MOST_ROWS :]),
            "zones": environments.zones(),
            "type_choices": mapping_form.type_choices(),
        }
    return context


def _was_refused(imp: Import) -> bool:
    """Whether the file itself was refused, rather than the import failing later."""
    return imp.state == Import.State.FAILED and imp.started_at is None


@require_safe
def import_load(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Step 2: the progress, refreshed every second while the file is loading."""
    imp = find_import(environment, pk)
    if imp.state in (Import.State.UPLOADING, Import.State.CHECKING) or _was_refused(imp):
        return redirect("import_check", environment=environment, pk=pk)
    causes = importing.causes(imp)
    context = {
        "environment": imp.environment,
        "import": imp,
        "progress": importing.progress(imp),
        "causes": causes,
        "hints": importing.hints(causes),
        "skipped": importing.skipped(imp)[:_NAMES] if imp.connector or imp.mapping else [],
        "ignored": importing.ignored_fields(imp),
        "has_rejected_file": importing.rejected_path(imp) is not None,
        "no_worker": nobody_carries(imp),
        "waited": "waited" in request.GET,  # the page has shown that it waits, and now shows that it continues
    }
    return page_or_fragment(request, "imports/load.html", "progress", context)
