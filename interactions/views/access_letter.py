"""Everything about one person, as a file."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interactions.erasure import LONGEST_ID, letters
from interactions.errors import DojoError
from interactions.models import Environment
from interactions.views.person import person


class LetterForm(forms.Form):
    """Whom the letter is about."""

    user_id = forms.CharField(
        label="User id",
        max_length=LONGEST_ID,
        strip=False,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def access_letter(request: HttpRequest, environment: str) -> HttpResponseBase:
    """Ask for a user, then answer with the file. The id is sent in the body, so that no log of addresses has it."""
    here = get_object_or_404(Environment, slug=environment)
    form = LetterForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            asked = letters.letter(here, form.cleaned_data["user_id"], by=person(request))
        except DojoError as error:
            form.add_error("user_id", str(error))
        else:
            return StreamingHttpResponse(
                letters.write(asked),
                content_type="application/json",
                headers={"Content-Disposition": 'attachment; filename="everything.json"'},
            )
    answer: HttpResponse = render(request, "privacy/access.html", {"environment": here, "form": form})
    return answer
