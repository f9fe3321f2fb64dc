"""Pages that add a connection, and change, rotate, pause or remove it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interactions.connectors import SOURCES
from interactions.console.connections.guides import GUIDES
from interactions.console.gate import person
from interactions.console.key_forms import OnceForm, RotateForm
from interactions.ingest.connections import change
from interactions.models import Connection, Environment

_LONGEST_SECRET: Final = 500
_SECRET = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


def _secret_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=_LONGEST_SECRET, required=False, widget=forms.TextInput(attrs=_SECRET)
    )


class ConnectionForm(OnceForm):
    """A new connection."""

    source = forms.ChoiceField(
        choices=[(name, SOURCES[name].TITLE) for name in change.SENDERS], widget=forms.RadioSelect, initial="segment"
    )
    name = forms.CharField(
        label="Name (optional)",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Shop"}),
    )
    secret = _secret_field("Secret for signatures (optional)")


class SecretForm(OnceForm):
    """A new secret."""

    secret = _secret_field("Secret for signatures")


class _Said(NamedTuple):
    """The message after a connection was paused or removed."""

    paused: str
    removed: str


_OF_WEBHOOKS: Final = _Said("What arrives is counted and not stored.", "Calls to its address are refused from now on.")
_OF_STREAMS: Final = _Said("It isn't read until you resume it.", "It isn't read any more.")
_OF_PULLS: Final = _Said("Nothing is pulled until you resume it.", "Nothing is pulled any more.")


def _said_of(found: Connection) -> _Said:
    return _OF_STREAMS if hasattr(found, "stream") else _OF_PULLS if hasattr(found, "pull") else _OF_WEBHOOKS


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def connection_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Add a connection, and show its address once."""
    here = get_object_or_404(Environment, slug=environment)
    form = ConnectionForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        choices = [(radio, GUIDES[str(radio.data["value"])].sends) for radio in form["source"]]
        return _page(request, "create", {"environment": here, "form": form, "choices": choices})
    if form.is_sent_again():
        messages.warning(
            request, "This connection already exists. Its address is shown only once: rotate it for another."
        )
        return redirect("connections", environment=here.slug)
    asked = form.cleaned_data
    given = change.create(
        here, asked["source"], name=asked["name"].strip(), secret=asked["secret"].strip(), user=person(request)
    )
    return _given(request, given)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def connection_rotate(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Rotate the connection, and show its new address once."""
    found = _find(environment, pk, stream=None, pull=None)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _page(request, "rotate", {"environment": found.environment, "connection": found, "form": form})
    if form.is_sent_again():
        messages.warning(request, "The address was already rotated. It's shown only once: rotate it again for another.")
        return _to(found)
    grace = timedelta(seconds=int(form.cleaned_data["grace"]))
    return _given(request, change.rotate(found, grace, user=person(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def connection_secret(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Set the tool's secret, or generate one and show it once."""
    found = _find(environment, pk, stream=None, pull=None)
    form = SecretForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"environment": found.environment, "connection": found, "form": form, "guide": GUIDES[found.source]}
        return _page(request, "secret", context)
    if not SOURCES[found.source].SIGNATURE or form.is_sent_again():
        return _to(found)
    typed = form.cleaned_data["secret"].strip()
    made = change.replace_secret(found, typed, user=person(request))
    if not typed:
        return _given(request, change.Given(found, "", made))
    messages.success(request, "The secret was saved. Signatures are verified with it from now on.")
    return _to(found)


@require_POST
def connection_pause(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Pause or resume the connection."""
    found = _find(environment, pk)
    if request.POST.get("paused") == "1":
        change.pause(found, user=person(request))
        messages.success(request, f"{found.name} is paused. {_said_of(found).paused}")
    else:
        change.resume(found, user=person(request))
        messages.success(request, f"{found.name} was resumed.")
    return _to(found)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def connection_remove(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Confirm, then remove the connection."""
    found = _find(environment, pk)
    if request.method != "POST":
        return _page(request, "remove", {"environment": found.environment, "connection": found})
    change.remove(found, user=person(request))
    messages.success(request, f"{found.name} was removed. {_said_of(found).removed}")
    return redirect("connections", environment=environment)


def _find(environment: str, pk: int, **more: None) -> Connection:
    rows = Connection.objects.select_related("environment", "stream", "pull")
    return get_object_or_404(rows, pk=pk, environment__slug=environment, **more)


def _given(request: HttpRequest, given: change.Given) -> HttpResponse:
    """Show the address or secret. This can't be a redirect, because they aren't stored."""
    found = given.connection
    context = {
        "environment": found.environment,
        "connection": found,
        "source": SOURCES[found.source],
        "guide": GUIDES[found.source],
        "address": request.build_absolute_uri(given.path) if given.path else "",
        # A generated secret is useless if the tool signs with its own.
        "secret": "" if GUIDES[found.source].shown_at else given.secret,
    }
    return _page(request, "given", context)


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    answer: HttpResponse = render(request, f"connections/{name}.html", context)
    return answer


def _to(found: Connection) -> HttpResponse:
    return redirect("connection", environment=found.environment.slug, pk=found.pk)
