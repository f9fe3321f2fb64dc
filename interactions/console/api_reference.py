"""The API page: how to call it from here, code for shops and sites, every call and answer, and every field."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from interactions.access import keys
from interactions.api import reference
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import person
from interactions.console.key_forms import OnceForm
from interactions.console.sites import sites
from interactions.contract import schema
from interactions.contract.schema import Field, Form
from interactions.models import ApiKey, Environment

FIRST: Final = "product_detail_page_view"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A row of the fields table; ``types`` is empty if every type may have the field."""

    name: str
    form: str
    note: str
    types: tuple[str, ...]

    @property
    def is_inner(self) -> bool:
        return "." in self.name


@dataclass(frozen=True, slots=True)
class Snippet:
    """A code sample for one client, from ``templates/api/snippets``."""

    id: str
    label: str
    text: str


_NOTES: Final = {
    "type": "Required",
    "timestamp": "Defaults to the time of receipt",
    "custom_action_name": "Required",
    "context.page.url": "Required in a page",
    "context": "Other keys are kept as they are",
    f"context.custom_context.{schema.RECORD_UUID}": "Records with the same one are duplicates",
}
_CLIENTS: Final = (
    ("curl", "curl"),
    ("python", "Python"),
    ("node", "Node"),
    ("browser", "Browser"),
    ("singer", "Singer"),
)


@require_safe
def api_reference(request: HttpRequest, environment: str) -> HttpResponse:
    """The page; ``type`` limits the fields table to one type."""
    here = get_object_or_404(Environment, slug=environment)
    return page_or_fragment(request, "api/page.html", "fields", _context(request, here))


@require_POST
@never_cache
def site_key(request: HttpRequest, environment: str) -> HttpResponse:
    """Create a publishable key, and show the page with it in the code: the only answer that has it."""
    here = get_object_or_404(Environment, slug=environment)
    form = OnceForm(request.POST)
    if not form.is_valid() or form.is_sent_again():
        messages.warning(request, "This key already exists. A key is shown only once: rotate it if you didn't keep it.")
        return redirect("api_reference", environment=here.slug)
    _, text = keys.create(here, kind=ApiKey.Kind.PUBLISHABLE, name="Shops and sites", user=person(request))
    answer: HttpResponse = render(request, "api/page.html", _context(request, here, text))
    return answer


def _context(request: HttpRequest, here: Environment, publishable_key: str = "") -> dict[str, Any]:
    """The page's context; ``publishable_key`` is a new one to show in the code."""
    chosen = request.GET.get("type", "")
    if chosen not in schema.GROUP_OF:
        chosen = ""
    host = request.build_absolute_uri("/").rstrip("/")
    names = {
        "host": host,
        "secret_key": f"{here.slug}-secret-key",
        "publishable_key": publishable_key or f"{here.slug}-publishable-key",
    }
    return {
        "environment": here,
        "host": host,
        "chosen": chosen,
        "types_by_group": {str(group): types for group, types in schema.TYPES_BY_GROUP.items()},
        "rows": _rows(chosen),
        "example": _json(reference.example(chosen or FIRST)),
        "calls": [_shown(call) for call in reference.CALLS if call.keys != "token"],
        "shared": [*reference.SHARED[:4], reference.NOT_FOUND, *reference.SHARED[4:]],
        "line_form": reference.LINE_FORM,
        "refused": _json(next(each.body for each in reference.CALLS[0].answers if each.status == 422)),
        "snippets": _snippets(names),
        "sites": sites(names),
        "new_key": publishable_key,
        "form": OnceForm(),
        "first": FIRST,
        "tests": [(group, [(kind, _test(kind)) for kind in types]) for group, types in schema.TYPES_BY_GROUP.items()],
        "test": _test(FIRST),
        "body_bytes": settings.API_BODY_BYTES,
        "most_records": settings.API_RECORDS,
        "calls_a_minute": settings.API_CALLS_PER_MINUTE,
        "deepest": schema.DEEPEST,
    }


def _shown(call: reference.DocumentedCall) -> dict[str, Any]:
    body = None if call.body is None else _json(call.body)
    return {"call": call, "body": body, "answers": [(each, _example(each)) for each in call.answers]}


def _example(given: reference.DocumentedAnswer) -> str:
    return given.body if isinstance(given.body, str) else json.dumps(given.body)


def _test(kind: str) -> str:
    """A request body with one record, which gets a new uuid each time."""
    record = reference.example(kind)
    record["context"]["custom_context"] = {schema.RECORD_UUID: str(uuid.uuid4())}
    return _json({"data": [record]})


def _json(value: Any) -> str:
    """Indented JSON, with a list of one scalar on a single line."""
    return re.sub(r"\[\s+([^\s\[\]{},]+)\s+\]", r"[\1]", json.dumps(value, indent=2))


def _snippets(names: dict[str, str]) -> list[Snippet]:
    return [
        Snippet(id, label, render_to_string(f"api/snippets/{id}.txt", names).strip())
        for id, label in _CLIENTS  # noqa: A001 - the attribute's own word
    ]


def _rows(chosen: str) -> list[FieldRow]:
    rows = []
    for name, field in schema.FIELDS.items():
        if chosen and chosen not in field.types:
            continue
        on = () if len(field.types) == len(schema.TYPES) else tuple(t for t in schema.TYPES if t in field.types)
        rows += [_row(name, field, on), *(_row(inner, each, on) for inner, each in _within(name))]
    return rows


def _row(name: str, field: Field, types: tuple[str, ...]) -> FieldRow:
    return FieldRow(name, reference.form_of(field), _NOTES.get(name, ""), types)


def _within(name: str) -> list[tuple[str, Field]]:
    """The fields inside an object field, by full path."""
    text = Field(Form.STRING)
    if name == "search":
        return [(f"search.{inner}", field) for inner, field in schema.SEARCH_FIELDS.items()]
    if name != "context":
        return []
    rows: list[tuple[str, Field]] = []
    for inner, field in schema.CONTEXT_FIELDS.items():
        rows.append((f"context.{inner}", field))
        names = {
            "campaign": schema.CAMPAIGN_FIELDS,
            "page": schema.PAGE_FIELDS,
            "custom_context": (schema.RECORD_UUID,),
        }
        rows += [(f"context.{inner}.{each}", text) for each in names.get(inner, ())]
    return rows
