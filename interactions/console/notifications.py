"""Notifications of an environment: its channels, its thresholds, and the latest deliveries."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import Environment, NotificationChannel, NotificationDelivery
from interactions.notifications import channels, deliver
from interactions.notifications.events import CHOICES
from interactions.notifications.messages import rules_of

_SHOWN: Final = 50
_DEFAULT: Final = [event.value for event in CHOICES if event not in ("import_finished", "deletion_verified")]
Kind = NotificationChannel.Kind


class ChannelForm(forms.Form):
    """A new channel."""

    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.EMAIL, widget=forms.RadioSelect)
    address = forms.CharField(
        max_length=1_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    events = forms.MultipleChoiceField(
        choices=[(event.value, event.label) for event in CHOICES],
        initial=_DEFAULT,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )


class RulesForm(forms.Form):
    """When to notify."""

    quiet_minutes = forms.IntegerField(label="Minutes without live records", min_value=5, max_value=1_380)
    refused_percent = forms.IntegerField(label="Refused records, percent", min_value=0, max_value=99)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def notifications(request: HttpRequest, environment: str) -> HttpResponse:
    """Several forms on one page; the POST parameter ``form`` names the one that was submitted."""
    here = get_object_or_404(Environment, slug=environment)
    sent = request.POST.get("form", "")
    rules = rules_of(here.pk)
    shown = {"quiet_minutes": rules.quiet_minutes, "refused_percent": rules.refused_percent}
    add = ChannelForm(request.POST if sent == "add" else None)
    change = RulesForm(request.POST if sent == "rules" else None, initial=shown)
    if sent == "add" and add.is_valid():
        secret = _added(request, here, add)
        if secret:  # shown this once, so it's neither kept nor put into a cookie: without a redirect
            return _page(request, here, ChannelForm(), change, secret)
        if not add.errors:
            return redirect("notifications", environment=here.slug)
    if sent == "rules" and change.is_valid():
        channels.set_rules(here, **change.cleaned_data, by=person(request))
        messages.success(request, "Saved.")
        return redirect("notifications", environment=here.slug)
    if sent in _DEEDS:
        channel = get_object_or_404(here.notification_channels, pk=_number(request.POST.get("channel")), user=None)
        _do(request, sent, channel)
        return redirect("notifications", environment=here.slug)
    return _page(request, here, add, change)


def _page(
    request: HttpRequest, here: Environment, add: ChannelForm, change: RulesForm, secret: str = ""
) -> HttpResponse:
    rows = NotificationDelivery.objects.filter(channel__environment=here, channel__user=None)
    context: dict[str, Any] = {
        "environment": here,
        "channels": [(channel, _boxes(channel)) for channel in here.notification_channels.filter(user=None)],
        "deliveries": rows.select_related("notification", "channel")[:_SHOWN],
        "add": add,
        "rules": change,
        "events": CHOICES,
        "secret": secret,
        "sends_mail": settings.SENDS_MAIL,
        "has_address": bool(settings.PUBLIC_URL),
        "once": get_random_string(12),
    }
    return render(request, "notifications/page.html", context)


def _added(request: HttpRequest, here: Environment, form: ChannelForm) -> str:
    """Add the channel; its secret if it has one. An error is in the form."""
    given = form.cleaned_data
    try:
        added = channels.add(here, given["kind"], given["address"], given["events"], by=person(request))
    except DojoError as error:
        form.add_error("address", str(error))
        return ""
    messages.success(request, f"{added.channel.label} was added. Send a test to see whether it works.")
    return added.secret


def _do(request: HttpRequest, deed: str, channel: NotificationChannel) -> None:
    try:
        said = _DEEDS[deed](request, channel)
    except DojoError as error:
        messages.error(request, str(error))
    else:
        if said:
            messages.success(request, said)


def _test(request: HttpRequest, channel: NotificationChannel) -> str:
    return tested(channel, request.POST.get("once", ""))


def tested(channel: NotificationChannel, once: str) -> str:
    """Send a test; a second click on the same page sends no second one. Raises DojoError with what went wrong."""
    delivery = deliver.send_test(channel, once[:20])
    if delivery.state == NotificationDelivery.State.SENT:
        return "The test was sent."
    raise TestNotSent(f"The test wasn't sent. {delivery.result}")


class TestNotSent(DojoError):
    """A test couldn't be sent."""


def _events(request: HttpRequest, channel: NotificationChannel) -> str:
    channels.change_events(channel, request.POST.getlist("events"), by=person(request))
    return "Saved."


def _pause(request: HttpRequest, channel: NotificationChannel) -> str:
    channels.pause(channel, is_paused=not channel.is_paused, by=person(request))
    return ""


def _remove(request: HttpRequest, channel: NotificationChannel) -> str:
    channels.remove(channel, by=person(request))
    return f"{channel.label} was removed."


_DEEDS: Final = {"test": _test, "events": _events, "pause": _pause, "remove": _remove}


def _boxes(channel: NotificationChannel) -> list[tuple[str, str, bool]]:
    return [(event.value, event.label, event in channel.events) for event in CHOICES]


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0
