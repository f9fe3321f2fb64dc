"""Saved views: the list of an environment, and the forms that save, change and delete one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interactions.access.roles import Right
from interactions.console.fragments import page_or_fragment, to_page
from interactions.console.gate import may, person
from interactions.console.navigation import FILTERED_PAGES
from interactions.errors import DojoError
from interactions.models import Environment, SavedView
from interactions.saved import views
from interactions.saved.query import lasting, names_people


class ViewForm(forms.Form):
    """A view's name, and whether all members see it; ``can_share`` says whether the user may choose that."""

    name = forms.CharField(
        max_length=60, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "placeholder": "Kent"})
    )
    is_shared = forms.BooleanField(label="All members see it", required=False)

    def __init__(self, *given: Any, can_share: bool, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["is_shared"].disabled = not can_share


@require_safe
@never_cache
def saved_views(request: HttpRequest, environment: str) -> HttpResponse:
    """The user's own views and those shared with them."""
    here = get_object_or_404(Environment, slug=environment)
    found = views.visible(here, person(request), sees_people=may(request, Right.PEOPLE, here.slug))
    rows = [(view, address_of(view), _is_mine(request, view)) for view in found.select_related("created_by")]
    context = {"environment": here, "views": rows, "pages": FILTERED_PAGES}
    return page_or_fragment(request, "saved/views.html", "list", context)


@require_safe
@never_cache
def saved_view(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Redirect to the page, as it was saved."""
    return redirect(address_of(_find(request, environment, pk)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def view_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Save the page ``page`` with the query string ``query``."""
    here = get_object_or_404(Environment, slug=environment)
    given = request.POST if request.method == "POST" else request.GET
    page, query = given.get("page", ""), given.get("query", "")
    if page not in FILTERED_PAGES:
        raise Http404("That page has no filter.")
    form = ViewForm(
        request.POST if request.method == "POST" else None, can_share=may(request, Right.ANNOTATE, here.slug)
    )
    if form.is_bound and form.is_valid():
        try:
            view = views.save(
                here,
                person(request),
                page=page,
                query=query,
                sees_people=may(request, Right.PEOPLE, here.slug),
                **form.cleaned_data,
            )
        except DojoError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f'Saved as "{view.name}".')
            return redirect(address_of(view))
    context = {"environment": here, "form": form, "page": page, "page_label": FILTERED_PAGES[page], "query": query}
    context["is_about_people"] = _is_about_people(query, here)
    return page_or_fragment(request, "saved/view_form.html", "form", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def view_edit(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Rename a view, or change who sees it."""
    view = _own(request, environment, pk)
    form = ViewForm(
        request.POST if request.method == "POST" else None,
        initial={"name": view.name, "is_shared": view.is_shared},
        can_share=may(request, Right.ANNOTATE, environment),
    )
    if form.is_bound and form.is_valid():
        try:
            views.change(view, **form.cleaned_data)
        except DojoError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Saved.")
            return to_page(request, "saved_views", view.environment)
    context = {"environment": view.environment, "form": form, "view": view, "is_about_people": view.names_people}
    return page_or_fragment(request, "saved/view_form.html", "form", context)


@require_POST
def view_delete(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Delete a view."""
    view = _own(request, environment, pk)
    views.delete(view)
    messages.success(request, f'"{view.name}" was deleted.')
    return to_page(request, "saved_views", view.environment)


@require_POST
def view_start(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Make a shared view the environment's start page; with ``start=0``, no longer."""
    view = _find(request, environment, pk)
    is_start = request.POST.get("start") != "0"
    try:
        views.set_start(view, is_start=is_start)
    except DojoError as error:
        messages.error(request, str(error))
    else:
        says = (
            f'{view.environment.name} starts with "{view.name}".' if is_start else "The start page is Overview again."
        )
        messages.success(request, says)
    return to_page(request, "saved_views", view.environment)


def address_of(view: SavedView) -> str:
    """The URL of the page that a view shows; of the overview, if an earlier version had a page that is gone."""
    if view.page not in FILTERED_PAGES:
        return reverse("overview", args=[view.environment.slug])
    return reverse(view.page, args=[view.environment.slug]) + (f"?{view.query}" if view.query else "")


def _find(request: HttpRequest, environment: str, pk: int) -> SavedView:
    """A view that the user may see. Raises Http404."""
    here = get_object_or_404(Environment, slug=environment)
    seen = views.visible(here, person(request), sees_people=may(request, Right.PEOPLE, here.slug))
    return get_object_or_404(seen.select_related("environment"), pk=pk)


def _own(request: HttpRequest, environment: str, pk: int) -> SavedView:
    """A view that the user may change. Raises Http404, PermissionDenied."""
    view = _find(request, environment, pk)
    if not _is_mine(request, view):
        raise PermissionDenied
    return view


def _is_mine(request: HttpRequest, view: SavedView) -> bool:
    """Whether it's the user's own, or a shared one in an environment of theirs."""
    return view.created_by_id == person(request).pk or may(request, Right.SETTINGS, view.environment.slug)


def _is_about_people(query: str, here: Environment) -> bool:
    try:
        return names_people(lasting(query), here)
    except DojoError:
        return False  # saving it says what is wrong
