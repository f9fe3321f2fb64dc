"""The imports of an environment: the list, the page of each import, and its actions."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from interactions.access.roles import Right
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import demand, may, person
from interactions.errors import DojoError
from interactions.ingest import imports as importing
from interactions.models import Environment, Import
from interactions.unpack import Openable
from interactions.warehouse.steady import DataSetBusy

PAGE_SIZE: Final = 50
CHUNK_BYTES: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the list that can be sorted by ``field``; ``first`` is the order after the first click."""

    label: str
    field: str
    first: str = ""
    is_number: bool = False


COLUMNS: Final = (
    ListColumn("File", "file_name"),
    ListColumn("State", "state"),
    ListColumn("Size", "size", "-", is_number=True),
    ListColumn("Accepted", "accepted", "-", is_number=True),
    ListColumn("Rejected", "rejected", "-", is_number=True),
    ListColumn("Duplicates", "duplicates", "-", is_number=True),
    ListColumn("When", "created_at", "-"),
)


@dataclass(frozen=True, slots=True)
class SortableHeading:
    """The heading of a sortable column: its link and the current order."""

    column: ListColumn
    sort: str
    direction: str


def _headings(sort: str) -> list[SortableHeading]:
    headings = []
    for column in COLUMNS:
        direction = {column.field: "ascending", f"-{column.field}": "descending"}.get(sort, "")
        following = {"ascending": f"-{column.field}", "descending": column.field}.get(direction)
        headings.append(SortableHeading(column, following or column.first + column.field, direction))
    return headings


def find_import(environment: str, pk: int) -> Import:
    """The import with the related rows that its pages show. Raises Http404 if the environment doesn't have it."""
    rows = Import.objects.select_related("environment", "created_by", "upload")
    return get_object_or_404(rows, pk=pk, environment__slug=environment)


@require_safe
def imports(request: HttpRequest, environment: str) -> HttpResponse:
    """All imports, newest first, 50 per page; ``sort`` names a column, with a minus for descending order."""
    here = get_object_or_404(Environment, slug=environment)
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") not in {column.field for column in COLUMNS}:
        sort = "-created_at"
    rows = here.imports.select_related("created_by", "upload").order_by(sort, "-id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = [(imp, importing.progress(imp) if imp.is_running else imp) for imp in page]
    context = {
        "environment": here,
        "page": page,
        "rows": shown,
        "headings": _headings(sort),
        "sort": sort,
        "changing": any(imp.is_running or imp.phase == Import.Phase.UNDOING for imp, _ in shown),
        "arriving": any(imp.state == Import.State.UPLOADING for imp, _ in shown),
    }
    return page_or_fragment(request, "imports/list.html", "rows", context)


@require_safe
def import_detail(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """The page of an import."""
    imp = find_import(environment, pk)
    causes = importing.causes(imp)
    context = {
        "environment": imp.environment,
        "import": imp,
        "progress": importing.progress(imp),
        "causes": causes,
        "hints": importing.hints(causes),
        "skipped": importing.skipped(imp) if imp.connector or imp.mapping else [],
        "ignored": importing.ignored_fields(imp),
        "has_rejected_file": importing.rejected_path(imp) is not None,
        "changing": imp.is_running or imp.phase == Import.Phase.UNDOING,
        "may_undo": may(request, _right_to_undo(request, imp), environment),
    }
    return page_or_fragment(request, "imports/detail.html", "facts", context)


@require_safe
def import_rejected(request: HttpRequest, environment: str, pk: int) -> HttpResponseBase:
    """Download the rejected records as JSON Lines, to be fixed and imported again."""
    imp = find_import(environment, pk)
    path = importing.rejected_path(imp)
    if path is None:
        raise Http404("This import has no rejected records.")
    response: HttpResponseBase
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = FileResponse(path.open("rb"), content_type="application/jsonl")
        response["Content-Encoding"] = "gzip"
    else:
        response = StreamingHttpResponse(_unpacked(path), content_type="application/jsonl")
    response["Content-Disposition"] = f'attachment; filename="rejected-{imp.pk}.jsonl"'
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _unpacked(file: Openable) -> Iterator[bytes]:
    with file.open("rb") as packed, gzip.open(packed, "rb") as unpacked:
        while chunk := unpacked.read(CHUNK_BYTES):
            yield chunk


@require_POST
def import_cancel(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Cancel the import and redirect to the page it was cancelled on."""
    if request.POST.get("from") == "new":
        return _carry_out(request, environment, pk, importing.cancel, "import_new", "The file was discarded.")
    page = "import_load" if request.POST.get("from") == "load" else "import_detail"
    return _carry_out(request, environment, pk, importing.cancel, page)


@require_POST
def import_retry(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Resume a failed import."""
    return _carry_out(request, environment, pk, importing.retry, "import_load")


@require_POST
def import_undo(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Remove the import's records from the data set."""
    demand(request, _right_to_undo(request, find_import(environment, pk)), environment)
    return _carry_out(request, environment, pk, importing.undo, "import_detail")


@require_safe
def import_undo_preview(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """The part of the dialog that says how many records an undo would remove, and how many would stay."""
    imp = find_import(environment, pk)
    demand(request, _right_to_undo(request, imp), environment)
    context: dict[str, object] = {"environment": imp.environment, "import": imp}
    try:
        context["goes"], context["stays"] = importing.preview_undo(imp)
    except DataSetBusy:
        pass  # the sentence without figures is still right
    return render(request, "imports/undo_preview.html", context)


def _right_to_undo(request: HttpRequest, imp: Import) -> Right:
    return Right.UNDO_OWN if imp.created_by == person(request) else Right.UNDO_ANY


def _carry_out(
    request: HttpRequest, environment: str, pk: int, act: Callable[[Import], None], page: str, said: str = ""
) -> HttpResponse:
    """Run ``act`` and redirect to ``page``, which shows the result, or the message ``said`` if it failed."""
    imp = find_import(environment, pk)
    try:
        act(imp)
    except DojoError as error:
        messages.error(request, str(error))
    else:
        if said:
            messages.success(request, said)
    if page == "import_new":
        return redirect(page, environment=environment)
    return redirect(page, environment=environment, pk=pk)
