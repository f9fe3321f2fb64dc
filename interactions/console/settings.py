"""The settings of an environment."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from interactions.access import environments
from interactions.contract.currencies import currencies
from interactions.models import Environment


class EnvironmentNameForm(forms.Form):
    """The name of the environment; its slug stays."""

    name = forms.CharField(max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class ZoneForm(forms.Form):
    """An IANA time zone, typed or picked from the list."""

    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_time_zone(self) -> str:
        zone = environments.zone_called(str(self.cleaned_data["time_zone"]))
        if zone is None:
            raise forms.ValidationError("Unknown time zone. Type a city and pick it from the list.")
        return zone


class CurrencyForm(forms.Form):
    """The currency of revenue, or none."""

    currency = forms.ChoiceField(
        required=False,
        choices=lambda: [("", "None"), *((code, f"{code} – {name}") for code, name in currencies().items())],
    )


class ApprovalForm(forms.Form):
    """Whether deletion requests need a second person's approval."""

    needs_approval = forms.BooleanField(label="A second person approves each deletion request", required=False)


_FORMS: Final[dict[str, type[forms.Form]]] = {
    "name": EnvironmentNameForm,
    "zone": ZoneForm,
    "currency": CurrencyForm,
    "approval": ApprovalForm,
}


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, environment: str) -> HttpResponse:
    """Several forms on one page; the POST parameter ``form`` names the one that was submitted."""
    here = get_object_or_404(Environment, slug=environment)
    sent = request.POST.get("form", "")
    initial = {name: getattr(here, name) for name in environments.SETTINGS}
    shown = {name: kind(request.POST if name == sent else None, initial=initial) for name, kind in _FORMS.items()}
    if sent in shown and shown[sent].is_valid():
        if environments.change(here, **shown[sent].cleaned_data):
            messages.success(request, "Saved.")
        return redirect("settings", environment=here.slug)
    context: dict[str, Any] = {
        "environment": here,
        "forms": shown,
        "zones": environments.zones(),
        "now": timezone.now(),
    }
    return render(request, "settings.html", context)
