"""The form that makes a share link."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from interactions.console.dashboard.chart import CHARTS
from interactions.console.key_forms import OnceForm
from interactions.saved import links

EXPIRIES: Final = {"1": "In a day", "7": "In a week", "30": "In 30 days", "90": "In 90 days", "365": "In a year"}
PANELS: Final[dict[str, dict[str, str]]] = {
    "dashboard": CHARTS,
    "breakdown": {"chart": "The chart over time", "values": "The table of values"},
    "retention": {"chart": "The heat map"},
    "paths": {"chart": "The diagram", "frequent": "Most frequent paths"},
    "funnel": {"chart": "The steps", "times": "Time to convert"},
}
"""The charts of each page that a link can show alone, and what they're called."""
MOVING: Final = "moving"
FIXED: Final = "fixed"
WHAT_A_SITE_IS: Final = "Use a scheme and a host, such as https://wiki.example."


class ShareLinkForm(OnceForm):
    """What a link shows, for how long, and what its visitors can change.

    A custom period is fixed anyway, so only presets have the choice. Only charts can be embedded.
    """

    name = forms.CharField(
        max_length=60,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "placeholder": "For the agency"}),
    )
    expires = forms.ChoiceField(label="It ends", choices=list(EXPIRIES.items()), initial="30")
    is_adjustable = forms.BooleanField(label="Visitors can choose another period and bar width", required=False)
    allowed_origins = forms.CharField(
        label="Sites that can embed it",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "https://wiki.example"}),
    )

    def __init__(self, page: str, period: str, *given: Any, **more: Any) -> None:
        """``period`` is the label of a preset, or empty for a custom period."""
        super().__init__(*given, **more)
        panels = [("", "The whole page"), *((name, f"Only: {label}") for name, label in PANELS[page].items())]
        periods = [(MOVING, f"{period}, moving with the data"), (FIXED, "The same days as now")]
        if period:
            self.fields["period"] = forms.ChoiceField(widget=forms.RadioSelect, choices=periods, initial=MOVING)
        self.fields["panel"] = forms.ChoiceField(label="It shows", choices=panels, required=False)

    def clean_allowed_origins(self) -> str:
        given = str(self.cleaned_data["allowed_origins"])
        for origin in given.split():
            if not links.is_site(origin):
                raise forms.ValidationError(f"{origin[:100]} isn't a site. {WHAT_A_SITE_IS}")
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("allowed_origins") and not cleaned.get("panel"):
            self.add_error("panel", "Only a single chart can be embedded. Choose one.")
        return cleaned

    @property
    def expires_at(self) -> datetime:
        return timezone.now() + timedelta(days=int(self.cleaned_data["expires"]))

    @property
    def is_fixed(self) -> bool:
        return self.cleaned_data.get("period") == FIXED
