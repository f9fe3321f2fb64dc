"""The log-in page."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError

from interactions.access.members import throttle


class LogInForm(AuthenticationForm):
    """Django's own, which also says why a right password does not help."""

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is not None and throttle.is_refused(self.request, str(self.cleaned_data.get("username"))):
            return ValidationError(
                f"Too many failed attempts. Wait {throttle.MINUTES} minutes, or ask an owner for a new link."
            )
        return ValidationError("The user name or password is wrong. Both are case-sensitive.")


class LogIn(LoginView):
    """Where everybody begins."""

    authentication_form = LogInForm
    redirect_authenticated_user = True
