"""The user's own account page: name, password, second factor, sessions, roles, theme."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from interactions.access import audit
from interactions.access.sign_on import second_factor, sessions
from interactions.console.gate import person


class PersonNameForm(ModelForm):
    """The name shown on the pages."""

    class Meta:
        model = get_user_model()
        fields = ("first_name", "last_name")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Several forms on one page; the POST parameter ``form`` names the one that was submitted."""
    sent = request.POST.get("form")
    name = PersonNameForm(request.POST if sent == "name" else None, instance=person(request))
    password = PasswordChangeForm(person(request), request.POST if sent == "password" else None)
    password.fields["new_password2"].label = "Confirm new password"
    # Django focuses this field, but the page starts with the name.
    password.fields["old_password"].widget.attrs.pop("autofocus", None)
    if sent == "name" and name.is_valid():
        name.save()
        messages.success(request, "Your name was saved.")
        return redirect(request.get_full_path())
    if sent == "password" and password.is_valid():
        # Changing the password ends all sessions; this keeps the current one.
        with transaction.atomic():
            update_session_auth_hash(request, password.save())
            audit.note(audit.Action.PASSWORD_CHANGED, by=person(request))
        messages.success(request, "Your password was changed. You're logged out everywhere else.")
        return redirect(request.get_full_path())
    if sent == "session" and sessions.end(request, person(request), _number(request.POST.get("session"))):
        messages.success(request, "The session was ended.")
        return redirect(request.get_full_path())
    if sent == "sessions":
        ended = sessions.end_others(request, person(request))
        messages.success(request, "You're logged out everywhere else." if ended else "There were no other sessions.")
        return redirect(request.get_full_path())
    standing = request.standing  # type: ignore[attr-defined]
    roles = [(environment, standing.role(environment.slug)) for environment in standing.environments]
    context: dict[str, Any] = {
        "name_form": name,
        "password_form": password,
        "roles": roles,
        "sessions": sessions.listed(request, person(request)),
        "has_second_factor": second_factor.has_one(person(request)),
    }
    return render(request, "account.html", context)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0
