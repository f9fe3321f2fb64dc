"""Notes on days: their list, and the forms that write, change and delete one."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from interactions.access.roles import Right
from interactions.console.fragments import page_or_fragment, to_page
from interactions.console.gate import may, person
from interactions.errors import DojoError
from interactions.models import Annotation, Environment
from interactions.saved import notes


class AnnotationForm(forms.Form):
    """A day in the environment's time zone, and a text."""

    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    text = forms.CharField(
        label="Note",
        max_length=Annotation.LONGEST,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "placeholder": "Spring sale began"}),
    )


@require_safe
@never_cache
def annotation_list(request: HttpRequest, environment: str) -> HttpResponse:
    """All notes, latest day first."""
    here = get_object_or_404(Environment, slug=environment)
    rows = [(note, is_own(request, note)) for note in notes.between(here, None, None)]
    return page_or_fragment(request, "saved/annotations.html", "list", {"environment": here, "notes": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def annotation_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Write a note. htmx then reloads the page whose chart it was written for."""
    here = get_object_or_404(Environment, slug=environment)
    initial = {"day": _day(request.GET.get("day", "")) or timezone.localdate(timezone=here.zone)}
    form = AnnotationForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            notes.add(here, person(request), **form.cleaned_data)
        except DojoError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, "The note was added to all charts over time.")
            return HttpResponseClientRefresh() if request.htmx else to_page(request, "annotations", here)  # type: ignore[attr-defined]
    return page_or_fragment(request, "saved/annotation_form.html", "form", {"environment": here, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def annotation_edit(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Change a note."""
    note = _own(request, environment, pk)
    form = AnnotationForm(
        request.POST if request.method == "POST" else None, initial={"day": note.day, "text": note.text}
    )
    if form.is_bound and form.is_valid():
        try:
            notes.change(note, **form.cleaned_data)
        except DojoError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, "Saved.")
            return to_page(request, "annotations", note.environment)
    context = {"environment": note.environment, "form": form, "note": note}
    return page_or_fragment(request, "saved/annotation_form.html", "form", context)


@require_POST
def annotation_delete(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Delete a note."""
    note = _own(request, environment, pk)
    notes.delete(note)
    messages.success(request, "The note was deleted.")
    return to_page(request, "annotations", note.environment)


def is_own(request: HttpRequest, note: Annotation) -> bool:
    """Whether the user may change a note: their own, or any as an owner of the environment."""
    slug = note.environment.slug
    if may(request, Right.SETTINGS, slug):
        return True
    return note.created_by_id == person(request).pk and may(request, Right.ANNOTATE, slug)


def _own(request: HttpRequest, environment: str, pk: int) -> Annotation:
    found = Annotation.objects.select_related("environment")
    note = get_object_or_404(found, pk=pk, environment__slug=environment)
    if not is_own(request, note):
        raise PermissionDenied
    return note


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
