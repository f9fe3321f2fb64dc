"""The step of the wizard for tables: which column stands for what, with a preview of what comes of it."""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
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
from interactions.models import Import

PREVIEWED: Final = 20
_NAMED: Final = 5  # causes, and names of what is skipped


def map_columns(request: HttpRequest, imp: Import) -> HttpResponse:
    """The form of the step. By POST: what comes of what was chosen, or with ``start`` the loading begins."""
    context: dict[str, Any] = {"environment": imp.environment, "import": imp, "by_hand": not tables.is_table(imp)}
    try:
        sample = tables.sample(imp, mapping_form.reading_of(request.POST, table.Reading()))
        start, kept = _start(request, imp, sample)
        names = {"kept": kept, "kept_name": request.POST.get("kept", kept[0] if kept else "")}
        is_filled = mapping_form.is_of(request.POST, sample)
        mapping = mapping_form.chosen(request.POST, sample, start) if is_filled else start
        if "start" in request.POST:
            return _begin(request, imp, mapping, context | names)
        context |= names | _shown(sample, mapping)
    except FileRefused as error:
        context["refusal"] = str(error)
    return _page(request, context)


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    response = page_or_fragment(request, "imports/map.html", "map", context)
    return replace_url(response, request.path)


def _start(request: HttpRequest, imp: Import, sample: table.Sample) -> tuple[table.Mapping, list[str]]:
    """The mapping to start from, and the names of the kept ones that fit: one of these, else what is suggested."""
    fitting = tables.kept(imp.environment, sample.columns)
    names = [row.name for row in fitting]
    wanted = request.POST.get("kept", names[0] if names else "")
    row = next((row for row in fitting if row.name == wanted), None)
    if row is not None:
        return tables.mapping_of(row.mapping), names
    return tables.in_zone(table.suggested(sample), imp.environment.time_zone), names


def _begin(request: HttpRequest, imp: Import, mapping: table.Mapping, context: dict[str, Any]) -> HttpResponse:
    """Keep the mapping where it was given a name, and load the file by it."""
    try:
        tables.require_mapped(imp, mapping)
        if name := request.POST.get("keep", "").strip():
            tables.keep(imp.environment, name, mapping)
        importing.start(imp, check_duplicates="check_duplicates" in request.POST, mapping=tables.json_of(mapping))
    except DojoError as error:
        sample = tables.sample(imp, mapping.reading)
        return _page(request, context | _shown(sample, mapping) | {"fault": str(error)})
    return redirect("import_load", environment=imp.environment.slug, pk=imp.pk)


def _shown(sample: table.Sample, mapping: table.Mapping) -> dict[str, Any]:
    """All that the form shows of a table and its mapping."""
    asked = table.questions(sample, mapping)
    context: dict[str, Any] = {
        "sample": sample,
        "mapping": mapping,
        "columns": mapping_form.column_rows(sample, mapping),
        "values": mapping_form.value_rows(sample, mapping),
        "choices": mapping_form.choices(),
        "type_choices": mapping_form.type_choices(),
        "shape": table.shape(sample.columns),
        "type_column": mapping.fields.get("type", ""),
        "questions": asked,
        "asks": {question.name for question in asked},
        "encodings": table.ENCODINGS,
        "forms": times.FORMS,
        "zones": environments.zones(),
        "skip": mapping.skip[0] if mapping.skip else None,
    }
    try:
        context["preview"] = preview = table.preview(sample, mapping, PREVIEWED)
        context["first"] = [(shown, json.dumps(shown.record, indent=2, ensure_ascii=False)) for shown in preview.shown]
        # Templates would ask a counter for keys of these names.
        context["problems"] = preview.problems.most_common(_NAMED)
        context["skipped"] = preview.skipped.most_common(_NAMED)
        context["left_out"] = [(label_of(field), count) for field, count in preview.left_out.most_common()]
    except FileRefused as error:
        context["open"] = str(error)
    return context
