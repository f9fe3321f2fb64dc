"""A member's own notifications: the events to hear about, by environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from interactions.access.roles import Right
from interactions.console.gate import person
from interactions.console.notifications import tested
from interactions.errors import DojoError
from interactions.models import Environment, NotificationChannel
from interactions.notifications import channels
from interactions.notifications.events import CHOICES, NotifiedEvent

Kind = NotificationChannel.Kind


@dataclass(frozen=True, slots=True)
class OwnEvents:
    """A member's choice for one environment; ``boxes`` has the events that their role may know of."""

    environment: Environment
    boxes: list[tuple[NotifiedEvent, bool]]
    is_weekly: bool
    mail: NotificationChannel | None
    service: NotificationChannel | None


@sensitive_post_parameters("service")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def my_notifications(request: HttpRequest) -> HttpResponse:
    """One form for each environment; ``form`` says whether to save or to send a test."""
    environments = request.standing.environments  # type: ignore[attr-defined]
    sent = request.POST.get("for", "")
    here = next((each for each in environments if each.slug == sent), None)
    if request.method == "POST" and here is not None:
        try:
            messages.success(
                request, _test(request, here) if request.POST.get("form") == "test" else _save(request, here)
            )
        except DojoError as error:
            messages.error(request, str(error))
        return redirect(request.get_full_path())
    context: dict[str, Any] = {
        "choices": [_own(request, each) for each in environments],
        "sends_mail": settings.SENDS_MAIL,
        "once": get_random_string(12),
    }
    return render(request, "notifications/mine.html", context)


def _save(request: HttpRequest, here: Environment) -> str:
    choice = channels.OwnChoice(
        events=request.POST.getlist("events"),
        is_weekly=bool(request.POST.get("weekly")),
        service=request.POST.get("service", "").strip(),
        drops_service=bool(request.POST.get("drop")),
    )
    channels.choose(person(request), here, choice)
    return f"Saved for {here.name}."


def _test(request: HttpRequest, here: Environment) -> str:
    own = list(here.notification_channels.filter(user=person(request)).select_related("user", "environment"))
    if not own:
        raise channels.ChannelRefused("Choose at least one event and save first.")
    for channel in own:
        tested(channel, request.POST.get("once", ""))
    return "The test was sent."


def _own(request: HttpRequest, environment: Environment) -> OwnEvents:
    rights: frozenset[Right] = request.standing.rights(environment.slug)  # type: ignore[attr-defined]
    rows = {row.kind: row for row in environment.notification_channels.filter(user=person(request))}
    mail, service = rows.get(Kind.EMAIL), rows.get(Kind.SERVICE)
    chosen = [*(mail.events if mail else []), *(service.events if service else [])]
    boxes = [(event, event in chosen) for event in CHOICES if event.right in rights]
    return OwnEvents(environment, boxes, bool(mail and mail.is_weekly), mail, service)
