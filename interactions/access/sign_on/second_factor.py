"""Second factors: apps that show codes, passkeys and recovery codes. Who has one, who needs one, taking it away."""

from __future__ import annotations

from typing import Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from interactions import seal
from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.members.change import demand_log_in
from interactions.access.members.membership import Standing
from interactions.access.members.sessions import end_sessions

ADMINISTRATOR: Final = "admin"  # in REQUIRE_SECOND_FACTOR, beside the roles
_PURPOSE: Final = b"dojo.2nd-factor"
_KINDS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorAdapter(DefaultMFAAdapter):
    """What allauth asks Dojo about second factors."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "The code is wrong, or was already used. Enter the one that's shown now.",
        "cannot_delete_authenticator": "Your role needs a second factor. Add another one before you remove this one.",
        "cannot_generate_recovery_codes": "Set up a second factor first.",
    }

    def encrypt(self, text: str) -> str:
        return seal.sealed(text, _PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SecretUnreadable."""
        return seal.opened(encrypted_text, _PURPOSE)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether the role still has what it needs without this one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=_KINDS)
        return not is_required(self.request.standing) or others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def _get_user_identifier(self, user: User) -> str:
        return user.get_username()

    def _get_site_name(self) -> str:
        return "Dojo"


def is_required(standing: Standing) -> bool:
    """Whether a role that someone has in any environment needs a second factor."""
    names = {role.value for _, role in standing.roles}
    if standing.is_administrator:
        names.add(ADMINISTRATOR)
    return not names.isdisjoint(settings.REQUIRE_SECOND_FACTOR)


def has_one(user: User) -> bool:
    """Whether log-ins of this user ask for a second factor."""
    return bool(Authenticator.objects.filter(user=user, type__in=_KINDS).exists())


def remove(user: User, *, by: User | str) -> bool:
    """Take away all second factors of someone who lost theirs, and end their sessions. Raises MemberRefused.

    A str is the name of a command, which may do so for everybody. Returns whether there were any.
    """
    with transaction.atomic():
        if isinstance(by, User):
            demand_log_in(user, by)
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if removed:
            end_sessions(user)
            audit.note(Action.SECOND_FACTOR_REMOVED, by=by, object=f"member {user}")
    return bool(removed)
