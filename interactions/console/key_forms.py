"""The forms of the API keys page."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from django import forms
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from interactions.access import keys as using
from interactions.analytics.periods import Period
from interactions.models import ApiKey

log = logging.getLogger(__name__)

_FORM_SECONDS: Final = 24 * 3600
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
