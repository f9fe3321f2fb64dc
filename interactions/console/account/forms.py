"""Forms for logging in: django-allauth's with our own texts, and with messages for errors that it doesn't handle."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm, ResetPasswordForm, ResetPasswordKeyForm, UserTokenForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from interactions.seal import SecretUnreadable


class LogInForm(LoginForm):
    """User name and password."""

    def add_prefix(self, field_name: str) -> str:
        """Keep the field name that password managers and scripts know."""
        return "username" if field_name == "login" else super().add_prefix(field_name)


class LinkForm(UserTokenForm):
    """A link to set a password."""

    def _get_user(self, uidb36: str) -> User | None:
        """None for a deactivated user, unlike allauth's own."""
        user = super()._get_user(uidb36)
        return user if user is not None and user.is_active else None


def _plain(field: forms.Field, label: str, **attributes: Any) -> None:
    """A label instead of a placeholder."""
    field.label = label
    field.help_text = ""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class NewPasswordForm(ResetPasswordKeyForm):
    """A new password, twice."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self.fields["password1"], "New password", autofocus=True)
        _plain(self.fields["password2"], "Confirm new password")


class MailForm(ResetPasswordForm):
    """The e-mail address of someone who forgot the password."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self.fields["email"], "E-mail", autofocus=True)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_: Any) -> str:
        """Have a worker look for members and send mail, so that the response time reveals nothing."""
        from interactions import tasks  # it loads packages that web processes don't need

        email = str(self.cleaned_data["email"])
        tasks.mail_password_links.delay(email, request.build_absolute_uri("/"))
        return email


class ConfirmForm(ReauthenticateForm):
    """The password again."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self.fields["password"], "Password", autofocus=True)


class _Code(forms.Form):
    """A field for a code, with a message if its secret can't be read."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self.fields["code"], "Code", autofocus=True, autocapitalize="none", spellcheck="false")

    def clean_code(self) -> str:
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except SecretUnreadable:
            raise ValidationError(
                "SECRET_KEY has changed, so codes can't be checked. Ask an owner to remove your second factor."
            ) from None


class CodeForm(_Code, AuthenticateForm):
    """The code for a log-in."""


class ConfirmCodeForm(_Code, ReauthenticateByCodeForm):
    """A code instead of the password."""


class AppForm(_Code, ActivateTOTPForm):
    """The first code of an app."""


class PasskeyForm(AddWebAuthnForm):
    """A passkey, and what to call it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self.fields["name"], "Name", autofocus=True, maxlength=60, autocomplete="off")
        self.fields["passwordless"].initial = True


class PasskeyNameForm(EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self.fields["name"], "Name", autofocus=True, maxlength=60, autocomplete="off")
