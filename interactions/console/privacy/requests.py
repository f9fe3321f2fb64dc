"""Deletion requests: list, create, preview with its choices, and the steps to the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interactions import privacy
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import DeletionRequest, Environment
from interactions.privacy import erasure as carrying
from interactions.privacy import preview
from interactions.privacy.forms import HideForm, RequestForm

PAGE_SIZE: Final = 50
_PEOPLE_SHOWN: Final = 50
State = DeletionRequest.State
_ENDED: Final = (State.VERIFIED, State.CANCELLED)
_SHOWN: Final = {"open": "Open", "done": "Done", "all": "All"}


@require_safe
@never_cache
def deletion_requests(request: HttpRequest, environment: str) -> HttpResponse:
    """The open, done or all requests (``show``), those due first on top."""
    here = get_object_or_404(Environment, slug=environment)
    show = request.GET.get("show", "open")
    show = show if show in _SHOWN else "open"
    rows = here.deletion_requests.select_related("created_by")
    if show == "open":
        rows = rows.exclude(state__in=_ENDED).order_by("due_at", "id")
    elif show == "done":
        rows = rows.filter(state__in=_ENDED)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "environment": here,
        "page": page,
        "show": show,
        "choices": [(name, label, _count(here, name)) for name, label in _SHOWN.items()],
        "has_any": here.deletion_requests.exists(),
        "changing": any(each.is_changing for each in page),
    }
    return page_or_fragment(request, "privacy/list.html", "rows", context)


def _count(here: Environment, show: str) -> int:
    rows = here.deletion_requests
    if show == "open":
        return privacy.open_requests(here).count()
    return rows.filter(state__in=_ENDED).count() if show == "done" else rows.count()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def deletion_new(request: HttpRequest, environment: str) -> HttpResponse:
    """Create a request and count the records of the people it names; nothing is hidden yet."""
    here = get_object_or_404(Environment, slug=environment)
    form = RequestForm(request.POST, request.FILES) if request.method == "POST" else RequestForm()
    if form.is_bound and form.is_valid():
        made = form.prepare(here, person(request))
        if made is not None:
            return redirect("deletion_request", environment=here.slug, pk=made.pk)
    return page_or_fragment(request, "privacy/new.html", "form", {"environment": here, "form": form})


@require_safe
@never_cache
def deletion_request(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """One request: its preview while it can be changed, then its progress."""
    found = _find(environment, pk)
    return page_or_fragment(request, "privacy/request.html", "progress", _shown(request, found))


def _shown(request: HttpRequest, found: DeletionRequest) -> dict[str, Any]:
    context: dict[str, Any] = {
        "environment": found.environment,
        "asked": found,
        "steps": found.steps.all(),
        "is_first_person": privacy.is_first_person(found, person(request)),
        "found": [(name, count) for name, count in found.found.items() if count],
        "unknown": found.tombstones.filter(was_held=False, is_beside_user=False).count(),
        "beside": found.tombstones.filter(is_beside_user=True).count(),
        "delays": HideForm.choices(needs_approval=found.environment.needs_approval),
    }
    if found.state == State.RECEIVED:
        people = Paginator(found.named.all(), _PEOPLE_SHOWN).get_page(request.GET.get("people"))
        links = Paginator(found.links.order_by("-users", "id"), _PEOPLE_SHOWN).get_page(request.GET.get("links"))
        users = found.named.filter(is_anonymous=False, key__in={link.user_key for link in links})
        names = dict(users.values_list("key", "identifier"))
        context |= {
            "preview": preview.preview(found),
            "people": people,
            "links": [(link, names.get(link.user_key, "")) for link in links],
            "link_pages": links,
        }
    return context


@require_POST
def deletion_link(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Include or exclude an anonymous id, and return the updated preview."""
    found = _find(environment, pk)
    try:
        key = int(request.POST.get("anonymous_key", ""))
        preview.choose_link(found, key, is_taken=request.POST.get("take") == "1")
    except ValueError:
        messages.error(request, "That anonymous id isn't part of this request.")
    except DojoError as error:
        messages.error(request, str(error))
    if request.htmx:  # type: ignore[attr-defined]
        return page_or_fragment(request, "privacy/preview.html", "preview", _shown(request, found))
    return _to(found)


@require_POST
def deletion_leave_out(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Remove a person from a request in preparation."""
    return _do(request, environment, pk, lambda found: preview.leave_out(found, _number(request, "person")))


@require_POST
def deletion_count(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Count the people's records again."""
    return _do(request, environment, pk, preview.count)


@require_POST
def deletion_hide(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Hide the people and queue the erasure."""
    delay = HideForm(request.POST).waits()
    return _do(request, environment, pk, lambda found: privacy.hide(found, by=person(request), delay=delay))


@require_POST
def deletion_approve(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Approve a request as the second person."""
    user = person(request)
    return _do(request, environment, pk, lambda found: privacy.approve(found, by=user))


@require_POST
def deletion_start(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Start erasing without waiting for the chosen delay."""
    return _do(request, environment, pk, lambda found: privacy.start_now(found, by=person(request)))


@require_POST
def deletion_cancel(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Cancel the request and show its people again."""
    return _do(request, environment, pk, lambda found: privacy.cancel(found, by=person(request)))


@require_POST
def deletion_retry(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Retry a failed request."""
    return _do(request, environment, pk, lambda found: carrying.retry(found, by=person(request)))


def _do(request: HttpRequest, environment: str, pk: int, use_case: Callable[[DeletionRequest], object]) -> HttpResponse:
    found = _find(environment, pk)
    try:
        use_case(found)
    except DojoError as error:
        messages.error(request, str(error))
    return _to(found)


def _to(found: DeletionRequest) -> HttpResponse:
    return redirect("deletion_request", environment=found.environment.slug, pk=found.pk)


def _find(environment: str, pk: int) -> DeletionRequest:
    rows = DeletionRequest.objects.select_related("environment", "created_by", "waits_for")
    return get_object_or_404(rows, pk=pk, environment__slug=environment)


def _number(request: HttpRequest, name: str) -> int:
    given = request.POST.get(name, "")
    return int(given) if given.isdigit() else 0
