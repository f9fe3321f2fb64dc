"""Log-ins: the log-in page, the page that sets a password, and the account page of whoever is logged in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from interactions.access import audit, members
from interactions.access.members import throttle
from interactions.console.gate import person


class LogInForm(AuthenticationForm):
    """Django's form, with a message for users who are locked out."""

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is not None and throttle.is_refused(self.request, str(self.cleaned_data.get("username"))):
            return ValidationError(
                f"Too many failed attempts. Wait {throttle.MINUTES} minutes, or ask an owner for a new link."
            )
        return ValidationError("The user name or password is wrong. Both are case-sensitive.")


class LogIn(LoginView):
    """The log-in page."""

    authentication_form = LogInForm
    redirect_authenticated_user = True


class SetPassword(PasswordResetConfirmView):
    """Django's view with our template. It moves the token from the URL into the session before showing the page."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("home")
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"

    def get_user(self, uidb64: str) -> User | None:
        """None for a deactivated user, unlike Django's own."""
        return members.user_of(uidb64)

    def get_form(self, form_class: type[SetPasswordForm[User]] | None = None) -> SetPasswordForm[User]:
        form = super().get_form(form_class)
        form.fields["new_password2"].label = "Confirm new password"
        return form

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        audit.note(audit.Action.PASSWORD_CHANGED, by=form.user)
        return super().form_valid(form)


class PersonNameForm(ModelForm):
    """The name shown on the pages."""

    class Meta:
        model = get_user_model()
        fields = ("first_name", "last_name")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Two forms on one page; the POST parameter ``form`` names the one that was submitted."""
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
    standing = request.standing  # type: ignore[attr-defined]
    roles = [(environment, standing.role(environment.slug)) for environment in standing.environments]
    context: dict[str, Any] = {"name_form": name, "password_form": password, "roles": roles}
    return render(request, "account.html", context)
