"""Log-ins through a provider by OpenID Connect: who may come in, and as what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import render

from interactions.access.members.change import MemberRefused, assign
from interactions.access.members.directory import with_email
from interactions.access.roles import RIGHTS, Role


class ProviderAdapter(DefaultSocialAccountAdapter):
    """What allauth asks Dojo about whoever comes from a provider."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those of the settings. Rows of the database aren't asked for more."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return True

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The one member with the verified e-mail address. allauth ends their password, which others may know.

        Administrators keep theirs: nobody else made their log-in.
        """
        email = verified_email(sociallogin)
        users = with_email(email) if email else []
        if len(users) > 1:
            raise self._refused(sociallogin, "Several members have your e-mail address. Ask an owner to change that.")
        if not users:
            return None
        if users[0].is_superuser:
            EmailAddress.objects.update_or_create(user=users[0], email=email, defaults={"verified": True})
        return users[0], email

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises ImmediateHttpResponse with a page for whoever may not come in. What is known of them isn't kept."""
        if sociallogin.state.get("process") != "login":
            raise self._refused(sociallogin, "Log out first.")
        sociallogin.role = _role(_claims(sociallogin))
        sociallogin.account.extra_data = {}
        if not sociallogin.is_existing:
            return
        if sociallogin.account.pk:
            sociallogin.account.save(update_fields=["extra_data"])
        if not sociallogin.user.is_active:
            raise self._refused(sociallogin, "Your log-in is deactivated. Ask an owner to reactivate it.")
        self._assign(sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Only for a verified address of a domain in OIDC_DOMAINS. Raises ImmediateHttpResponse with a page."""
        email = verified_email(sociallogin)
        if not email:
            raise self._refused(
                sociallogin,
                "The provider doesn't say that your e-mail address is verified, so Dojo can't tell who you are.",
            )
        if email.rpartition("@")[2] not in settings.OIDC_DOMAINS:
            raise self._refused(
                sociallogin, "No member of Dojo has your e-mail address. Ask an owner to add you with it."
            )
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """A new user is called by the e-mail address."""
        user: User = super().populate_user(request, sociallogin, data)
        user.username = user.email or user.username
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        user: User = super().save_user(request, sociallogin, form)
        sociallogin.role = sociallogin.role or settings.OIDC_DEFAULT_ROLE or None
        self._assign(sociallogin, is_new=True)
        return user

    def _assign(self, sociallogin: SocialLogin, *, is_new: bool = False) -> None:
        """The provider's word on roles holds where OIDC_ROLES asks for it, and for new members."""
        if not (is_new or settings.OIDC_ROLES) or sociallogin.user.is_superuser:
            return
        role = sociallogin.role or settings.OIDC_DEFAULT_ROLE
        try:
            assign(sociallogin.user, Role(role) if role else None)
        except MemberRefused as error:
            raise self._refused(sociallogin, str(error)) from error

    def _refused(self, sociallogin: SocialLogin, sentence: str) -> ImmediateHttpResponse:
        context = {"sentence": sentence, "provider": sociallogin.provider}
        return ImmediateHttpResponse(render(self.request, "socialaccount/refused.html", context, status=403))


def verified_email(sociallogin: SocialLogin) -> str:
    """The e-mail address that the provider answers for, in small letters; empty without one."""
    found = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
    return found[0] if found else ""


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    data = sociallogin.account.extra_data
    return {**data.get("id_token", {}), **data.get("userinfo", {})}


def _role(claims: dict[str, Any]) -> str:
    """The role with the most rights among those of someone's groups; empty without one."""
    given = claims.get(settings.OIDC_ROLE_CLAIM)
    groups: Iterable[Any] = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    found = [Role(settings.OIDC_ROLES[group]) for group in groups if group in settings.OIDC_ROLES]
    return max(found, key=lambda role: len(RIGHTS[role])).value if found else ""
