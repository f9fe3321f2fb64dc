"""Receipts of verified erasures: print, download, and check one later."""

from __future__ import annotations

import json
from typing import Any, Final

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access import audit
from interactions.access.audit import Action
from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import DeletionRequest
from interactions.privacy import receipts
from interactions.templatetags.deletion import named

_KEYS_SHOWN: Final = 200
_LONGEST: Final = 20_000_000  # characters: a receipt has 19 for each person


class VerifyForm(forms.Form):
    """A receipt, pasted or as a file, and an id to look up in it."""

    receipt = forms.CharField(
        label="Receipt",
        required=False,
        max_length=_LONGEST,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off", "placeholder": "Paste its JSON"}
        ),
    )
    file = forms.FileField(label="Or its file", required=False)
    identifier = forms.CharField(
        label="Does this id belong to it? (optional)",
        max_length=1024,
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not given.get("receipt") and not given.get("file"):
            self.add_error("receipt", "Paste the JSON of a receipt, or choose its file.")
        return given

    def text(self) -> str:
        uploaded = self.cleaned_data["file"]
        if uploaded:
            return str(uploaded.read(_LONGEST), "utf-8-sig", "replace")
        return str(self.cleaned_data["receipt"])


@require_safe
@never_cache
def deletion_receipt(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """The receipt as a page to print."""
    found = _find(environment, pk)
    context = {"environment": found.environment, "asked": found, **_told(json.loads(found.receipt))}
    return render(request, "privacy/receipt.html", context)


@require_safe
@never_cache
def deletion_receipt_json(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """The receipt as a file that can be checked."""
    found = _find(environment, pk)
    audit.note(Action.RECEIPT_TAKEN, by=person(request), environment=found.environment, object=f"deletion request {pk}")
    name = f"deletion-{environment}-{pk}.json"
    return HttpResponse(
        found.receipt,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def receipt_verify(request: HttpRequest) -> HttpResponse:
    """Check the signature of a receipt, show what it says, and whether an id belongs to it."""
    form = VerifyForm(request.POST, request.FILES) if request.method == "POST" else VerifyForm()
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        try:
            receipt = receipts.check(form.text())
        except DojoError as error:
            context["refusal"] = str(error)
        else:
            identifier = form.cleaned_data["identifier"]
            context |= {**_told(receipt.said), "is_valid": True, "identifier": identifier}
            context["is_named"] = bool(identifier) and receipt.names(identifier)
            context["was_held"] = context["is_named"] and receipt.was_held(identifier)
    return render(request, "privacy/verify.html", context)


def _told(said: dict[str, Any]) -> dict[str, Any]:
    """The context for showing a receipt."""
    stores = [(name, count) for name, count in said["erased_by_store"].items() if count]
    people = said["people"]
    unknown = people.get("not_in_the_data", {})
    anonymous = people.get("anonymous_count", 0)
    return {
        "said": said,
        "stores": stores,
        "held_nothing": said.get("outcome") == "nothing was held",
        "who": named(people["count"], anonymous),
        "linked": len(people["anonymous_ids"]) - anonymous,
        "unknown": sum(map(len, unknown.values())),
        "keys": [
            (label, [(key, key in unknown.get(kind, ())) for key in people[kind][:_KEYS_SHOWN]], len(people[kind]))
            for kind, label in (("users", "Users"), ("anonymous_ids", "Anonymous ids"))
            if people[kind]
        ],
        "keys_shown": _KEYS_SHOWN,
        "beside": people.get("kept_with_a_user_id", []),
    }


def _find(environment: str, pk: int) -> DeletionRequest:
    rows = DeletionRequest.objects.select_related("environment")
    found = get_object_or_404(rows, pk=pk, environment__slug=environment)
    if not found.receipt:
        raise Http404("The receipt is available once the erasure is verified.")
    return found
