"""Where a member's link leads: set a password, once, and be logged in."""

from __future__ import annotations

from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy

from interactions.access import audit, members


class SetPassword(PasswordResetConfirmView):
    """Django's own view, with our page. The token goes from the address into the session before the page is shown."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("home")
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"

    def get_user(self, uidb64: str) -> User | None:
        """Unlike Django's, nobody whose log-in is deactivated."""
        return members.user_of(uidb64)

    def get_form(self, form_class: type[SetPasswordForm[User]] | None = None) -> SetPasswordForm[User]:
        form = super().get_form(form_class)
        form.fields["new_password2"].label = "Confirm new password"
        return form

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        audit.note(audit.Action.PASSWORD_CHANGED, by=form.user)
        return super().form_valid(form)
