"""The Access letter page: everything stored about one person, as a file."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import Environment
from interactions.privacy import LONGEST_ID, letters
from interactions.privacy.wishes import open_letters


class _IdField(forms.CharField):
    """An id, which may contain NUL: Django's own field refuses that."""

    def run_validators(self, value: str) -> None:
        self.validators = [each for each in self.validators if not isinstance(each, ProhibitNullCharactersValidator)]
        super().run_validators(value)


class LetterForm(forms.Form):
    """The person the letter is about."""

    user_id = _IdField(
        label="User id",
        max_length=LONGEST_ID,
        strip=False,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    may_be_empty = forms.BooleanField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def access_letter(request: HttpRequest, environment: str) -> HttpResponseBase:
    """Ask for a user id, then respond with the file. The id is posted, so that it's in no access log.

    If nothing is stored about them, say so first: a letter for a mistyped id would be wrong.
    """
    here = get_object_or_404(Environment, slug=environment)
    form = LetterForm(request.POST if request.method == "POST" else None)
    is_nobody = False
    if form.is_bound and form.is_valid():
        try:
            asked = letters.letter(here, form.cleaned_data["user_id"])
            is_nobody = not form.cleaned_data["may_be_empty"] and letters.is_empty(asked)
        except DojoError as error:
            form.add_error("user_id", str(error))
        else:
            if not is_nobody:
                return _file(letters.hand_over(asked, by=person(request)))
    context = {"environment": here, "form": form, "is_nobody": is_nobody, "asked_for": open_letters(here)}
    answer: HttpResponse = render(request, "privacy/access.html", context)
    return answer


def _file(pieces: Iterator[bytes]) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        pieces,
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="everything.json"'},
    )
