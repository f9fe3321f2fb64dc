"""The API keys of an environment: list, create, rotate and revoke."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from redis.exceptions import RedisError

from interactions.access import keys as using
from interactions.analytics.periods import Period
from interactions.console.fragments import page_or_fragment, to_page
from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import ApiKey, Environment

_FORM_SECONDS: Final = 24 * 3600

log = logging.getLogger(__name__)


_LONGEST: Final = timedelta(days=3653)
ON_A_DAY: Final = "day"
EXPIRIES: Final = {
    "": "Never",
    "30": "In 30 days",
    "90": "In 90 days",
    "365": "In a year",
    ON_A_DAY: "After a day of your choice",
}


class OnceForm(forms.Form):
    """A form that creates one key even if it's submitted twice: the response with the key can't be shown again."""

    once = forms.CharField(widget=forms.HiddenInput, max_length=32, required=False)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["once"].initial = secrets.token_hex(8)

    def is_sent_again(self) -> bool:
        """Whether this form was submitted before. Without Redis it counts as new."""
        try:
            return not cache.add(f"form:{self.cleaned_data['once']}", 1, _FORM_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("Forms submitted twice can't be detected while Redis is down: %s", type(error).__name__)
            return False


class KeyForm(OnceForm):
    """A new key."""

    name = forms.CharField(
        max_length=100, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "placeholder": "Shop"})
    )
    kind = forms.ChoiceField(choices=ApiKey.Kind, widget=forms.RadioSelect, initial=ApiKey.Kind.SECRET)
    allowed_origins = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "https://shop.example"}),
    )

    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope, widget=forms.CheckboxSelectMultiple, initial=[ApiKey.Scope.WRITE], required=False
    )
    expires = forms.ChoiceField(choices=list(EXPIRIES.items()), initial="", required=False)
    expires_on = forms.DateField(
        required=False, label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, zone: tzinfo, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._zone = zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == ApiKey.Kind.SECRET and "scopes" in cleaned and not cleaned["scopes"]:
            self.add_error("scopes", "Choose at least one.")
        if ApiKey.Scope.PEOPLE in cleaned.get("scopes", ()) and ApiKey.Scope.READ not in cleaned["scopes"]:
            self.add_error("scopes", "To see people, the key has to read as well.")
        if cleaned.get("expires") == ON_A_DAY and "expires_on" not in self.errors:
            day, today = cleaned.get("expires_on"), timezone.localdate(timezone=self._zone)
            if day is None:
                self.add_error("expires_on", "Choose the last day on which the key works.")
            elif not today <= day <= today + _LONGEST:
                self.add_error("expires_on", "Choose a day from today on, within ten years.")
        return cleaned

    @property
    def expires_at(self) -> datetime | None:
        """From when on the key is refused: the end of its last day in the environment's time zone."""
        chosen = self.cleaned_data["expires"]
        if not chosen:
            return None
        if chosen == ON_A_DAY:
            last = self.cleaned_data["expires_on"]
        else:
            last = timezone.localdate(timezone=self._zone) + timedelta(days=int(chosen))
        return Period.of_days(last, last, self._zone).end

    def clean_allowed_origins(self) -> str:
        given = str(self.cleaned_data["allowed_origins"])
        for origin in given.split():
            if not using.is_origin(origin):
                raise forms.ValidationError(f"{origin[:100]} isn't an origin. {using.WHAT_AN_ORIGIN_IS}")
        return given


class RotateForm(OnceForm):
    """How long the old key stays valid."""

    GRACES: Final = {
        "0": "Right away",
        "3600": "After 1 hour",
        "86400": "After 24 hours",
        "604800": "After 7 days",
    }
    grace = forms.ChoiceField(choices=list(GRACES.items()), widget=forms.RadioSelect, initial="86400")


@require_safe
@never_cache
def keys(request: HttpRequest, environment: str) -> HttpResponse:
    """All keys: active ones first, then ended ones; newest first."""
    here = get_object_or_404(Environment, slug=environment)
    return page_or_fragment(request, "keys/list.html", "list", _listed(request, here))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Create a key and show it once."""
    here = get_object_or_404(Environment, slug=environment)
    form = KeyForm(here.zone, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return page_or_fragment(request, "keys/create.html", "form", {"environment": here, "form": form})
    if form.is_sent_again():
        return _shown_before(request, here)
    key, text = using.create(
        here,
        kind=ApiKey.Kind(form.cleaned_data["kind"]),
        name=form.cleaned_data["name"],
        user=person(request),
        allowed_origins=form.cleaned_data["allowed_origins"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at,
    )
    return _shown(request, here, key, text)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_rotate(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Replace a key and show the new one once."""
    old = _find(environment, pk)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"environment": old.environment, "form": form, "key": old}
        return page_or_fragment(request, "keys/rotate.html", "form", context)
    if form.is_sent_again():
        return _shown_before(request, old.environment)
    try:
        key, text = using.rotate(old, timedelta(seconds=int(form.cleaned_data["grace"])), user=person(request))
    except DojoError as error:
        messages.error(request, str(error))
        return to_page(request, "keys", old.environment)
    return _shown(request, old.environment, key, text, old=old)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_revoke(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Confirm, then revoke the key."""
    key = _find(environment, pk)
    if request.method != "POST":
        return page_or_fragment(request, "keys/revoke.html", "form", {"environment": key.environment, "key": key})
    using.revoke(key)
    messages.success(request, f"{key.name} was revoked. Calls with it are refused from now on.")
    return to_page(request, "keys", key.environment)


def _find(environment: str, pk: int) -> ApiKey:
    return get_object_or_404(ApiKey.objects.select_related("environment"), pk=pk, environment__slug=environment)


def _listed(request: HttpRequest, here: Environment) -> dict[str, Any]:
    rows = list(here.api_keys.select_related("created_by", "successor"))
    return {
        "environment": here,
        "keys": sorted(rows, key=lambda key: not key.is_live),
        "expiring": sorted((key for key in rows if key.expires_soon), key=lambda key: key.expires_at),
    }


def _shown(
    request: HttpRequest, here: Environment, key: ApiKey, text: str, *, old: ApiKey | None = None
) -> HttpResponse:
    """The only response with the key. It's no redirect, because the key isn't stored for the next request."""
    context = {
        **_listed(request, here),
        "key": key,
        "text": text,
        "old": old,
        "address": request.build_absolute_uri("/v1/interactions"),
    }
    return page_or_fragment(request, "keys/shown.html", "key", context)


def _shown_before(request: HttpRequest, here: Environment) -> HttpResponse:
    messages.warning(request, "This key exists already. A key is shown only once: if you didn't keep it, rotate it.")
    return to_page(request, "keys", here)
