"""The wizard's step for tables: map columns to fields, with a preview of the result."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django_htmx.http import replace_url

from interactions.access import environments
from interactions.connectors import table
from interactions.connectors.table import times
from interactions.console.fragments import page_or_fragment
from interactions.console.imports import mapping_form
from interactions.console.imports.mapping_form import label_of
from interactions.errors import DojoError, FileRefused
from interactions.ingest import imports as importing
from interactions.ingest.imports import tables
from interactions.ingest.imports.progress import ImportCause
from interactions.ingest.imports.sample import first_record, rejected_sentence
from interactions.models import Import

PREVIEWED: Final = 20
_NAMED: Final = 5  # causes, and names of skipped rows


def map_columns(request: HttpRequest, imp: Import) -> HttpResponse:
    """The form of the step. POST updates the preview, or starts the import with ``start``."""
    if "shape" in request.POST:
        imp.check_duplicates = "check_duplicates" in request.POST
    context: dict[str, Any] = {"environment": imp.environment, "import": imp, "by_hand": not tables.is_table(imp)}
    try:
        sample, start, names = _start(request, imp)
        is_filled = mapping_form.is_of(request.POST, sample)
        mapping = mapping_form.chosen(request.POST, sample, start) if is_filled else start
        if "start" in request.POST:
            return _begin(request, imp, mapping, context | names)
        context |= names | _shown(sample, mapping, request.POST)
    except FileRefused as error:
        context["refusal"] = str(error)
    return _page(request, context)


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    response = page_or_fragment(request, "imports/map.html", "map", context)
    return replace_url(response, request.path)


def _start(request: HttpRequest, imp: Import) -> tuple[table.Sample, table.Mapping, dict[str, Any]]:
    """The first rows, the initial mapping, and the context for the mappings that fit.

    The initial mapping is one of those, or else the suggested one. Choosing another one also changes how the file is
    read.
    """
    is_same = mapping_form.is_of_kept(request.POST)
    reading = mapping_form.reading_of(request.POST) if is_same else table.Reading()
    sample = tables.sample(imp, reading)
    fitting = tables.offered(imp, sample, reading.sheet)
    name = request.POST.get("kept", next(iter(fitting), ""))
    start = fitting.get(name)
    if start is not None and not is_same:
        sample = tables.sample(imp, start.reading)
    if start is None or not table.fits(start, sample.columns):
        name, start = "", tables.in_zone(table.suggested(sample), imp.environment.time_zone)
    return sample, table.retimed(sample, start), {"kept": list(fitting), "kept_name": name}


def _begin(request: HttpRequest, imp: Import, mapping: table.Mapping, context: dict[str, Any]) -> HttpResponse:
    """Save the mapping if it has a name, and load the file with it."""
    try:
        tables.require_mapped(imp, mapping)
        if name := request.POST.get("keep", "").strip():
            tables.keep(imp.environment, name, mapping)
        importing.start(imp, check_duplicates="check_duplicates" in request.POST, mapping=tables.json_of(mapping))
    except DojoError as error:
        sample = tables.sample(imp, mapping.reading)
        return _page(request, context | _shown(sample, mapping, request.POST) | {"fault": str(error)})
    return redirect("import_load", environment=imp.environment.slug, pk=imp.pk)


def _shown(sample: table.Sample, mapping: table.Mapping, data: QueryDict) -> dict[str, Any]:
    """The form's context for a table and its mapping; ``data`` is the submitted form."""
    asked = table.questions(sample, mapping)
    context: dict[str, Any] = {
        "sample": sample,
        "mapping": mapping,
        "columns": mapping_form.column_rows(sample, mapping),
        "values": mapping_form.value_rows(sample, mapping),
        "choices": mapping_form.choices(),
        "type_choices": mapping_form.type_choices(),
        "shape": table.shape(sample.columns),
        "has_time": "timestamp" in mapping.fields,
        "type_column": mapping.fields.get("type", ""),
        "questions": asked,
        "asks": {question.name for question in asked},
        "lists": mapping_form.list_rows(sample, mapping),
        "separators": mapping_form.SEPARATORS,
        "encodings": table.ENCODINGS,
        "forms": times.FORMS,
        "zones": environments.zones(),
        "skip": mapping.skip[0] if mapping.skip else table.Skip(mapping_form.skip_column(data, sample), ()),
    }
    try:
        context["preview"] = preview = table.preview(sample, mapping, PREVIEWED)
        context["rejected_sentence"] = rejected_sentence(preview.rejected, preview.rows, "row")
        context["first"] = [first_record(msgspec.json.encode(each.record), each.problems) for each in preview.shown]
        context["problems"] = [_cause(preview, *each) for each in preview.problems.most_common(_NAMED)]
        # Not a Counter: templates would look up their attribute names as keys.
        context["skipped"] = preview.skipped.most_common(_NAMED)
        context["left_out"] = [(label_of(field), count) for field, count in preview.left_out.most_common()]
    except FileRefused as error:
        context["open"] = str(error)
    return context


def _cause(preview: table.Preview, cause: tuple[str, str], count: int) -> ImportCause:
    row, value = preview.examples[cause]
    return ImportCause(*cause, count=count, record=None, offset=0, value=value, row=row)
