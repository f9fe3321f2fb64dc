"""The forms of deletion requests, for the pages and for Django's admin."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.forms.boundfield import BoundWidget

from interactions.errors import DojoError
from interactions.models import DeletionRequest, Environment
from interactions.privacy import id_file
from interactions.privacy.ids import About, Id

_LONGEST_PASTE: Final = 2_000_000  # characters; a longer list comes as a file


class RequestForm(forms.Form):
    """The people to erase, and notes about the request."""

    ids = forms.CharField(
        label="Ids",
        required=False,
        max_length=_LONGEST_PASTE,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 7,
                "spellcheck": "false",
                "autocomplete": "off",
                "placeholder": "One per line",
                "autofocus": True,
            }
        ),
    )
    file = forms.FileField(label="Or a text or CSV file", required=False)
    kind = forms.ChoiceField(
        label="These are",
        choices=[("user", "User ids"), ("anonymous", "Anonymous ids")],
        initial="user",
        required=False,
        widget=forms.RadioSelect,
    )
    asked_by = forms.CharField(label="Who asked (optional)", max_length=200, required=False)
    reference = forms.CharField(label="Reference (optional)", max_length=100, required=False)
    note = forms.CharField(
        label="Note (optional)", max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_for_good = forms.BooleanField(label="Block them permanently", required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not given.get("ids", "").strip() and not given.get("file"):
            raise forms.ValidationError("Enter at least one id, or choose a file.")
        return given

    def named(self) -> Iterator[Id]:
        """All ids in the form. Raises NoList."""
        anonymous = self.cleaned_data["kind"] == "anonymous"
        yield from id_file.ids(io.StringIO(self.cleaned_data["ids"], newline=""), anonymous=anonymous)
        if self.cleaned_data["file"]:
            text = io.TextIOWrapper(self.cleaned_data["file"], encoding="utf-8-sig", newline="")
            yield from id_file.ids(text, anonymous=anonymous)

    def prepare(self, environment: Environment, user: User) -> DeletionRequest | None:
        """Create the request of a valid form; None if that fails, with the reason in the form's errors."""
        from interactions.privacy import preview  # it loads the query engine, which not every process should

        try:
            return preview.prepare(environment, self.named(), self.about(), user)
        except UnicodeDecodeError:
            self.add_error("file", "This file isn't UTF-8 text.")
        except id_file.NoList as error:
            self.add_error("file" if self.cleaned_data["file"] else "ids", str(error))
        except DojoError as error:
            self.add_error(None, str(error))
        return None

    def about(self) -> About:
        given = self.cleaned_data
        return About(given["asked_by"], given["reference"], given["note"], given["is_for_good"])


class AddForm(RequestForm):
    """The same with the environment, which the pages have in their URL."""

    environment = forms.ModelChoiceField(Environment.objects.none(), empty_label=None)
    field_order = ("environment", "ids", "file", "kind")


class HideForm(forms.Form):
    """When erasing starts after hiding the people: until then it can be cancelled."""

    DELAYS: Final = {
        "0": ("At once", "Erasing starts within seconds. After that, it can't be cancelled."),
        "3600": ("In 1 hour", "Hidden at once. You can cancel for an hour."),
        "86400": ("In 24 hours", "Hidden at once. You can cancel for a day."),
    }
    APPROVED: Final = {  # if a second person has to approve
        "0": ("Once approved", "Erasing starts within seconds of the approval. After that, it can't be cancelled."),
        "3600": ("In 1 hour", "Hidden at once. Erased after an hour, or on approval if that is later."),
        "86400": ("In 24 hours", "Hidden at once. Erased after a day, or on approval if that is later."),
    }
    delay = forms.ChoiceField(
        choices=[(seconds, label) for seconds, (label, _) in DELAYS.items()], widget=forms.RadioSelect, initial="3600"
    )

    def waits(self) -> timedelta:
        """The chosen delay; the default if the choice is invalid, because erasing is final."""
        chosen = self.cleaned_data["delay"] if self.is_valid() else self.fields["delay"].initial
        return timedelta(seconds=int(chosen))

    @classmethod
    def choices(cls, *, needs_approval: bool) -> list[tuple[BoundWidget, str, str]]:
        """Each radio button with its label and an explanation."""
        said = cls.APPROVED if needs_approval else cls.DELAYS
        return [(radio, *said[radio.data["value"]]) for radio in cls()["delay"]]
