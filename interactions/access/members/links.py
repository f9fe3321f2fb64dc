"""One-time links to set a password. Dojo sends no mail: an owner passes the link on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.members.change import demand_log_in


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """The parts of a link's URL, and when it expires."""

    uid: str
    token: str
    ends_at: datetime


def new_link(user: User, *, by: User, is_first: bool = False) -> PasswordLink:
    """Create a link that is valid until it's used, the user logs in, or it expires. Raises MemberRefused.

    For a user without a password, it invalidates earlier links. The first link isn't logged separately, because it's
    part of adding a member.
    """
    with transaction.atomic():
        demand_log_in(user, by)
        if not user.has_usable_password():
            user.set_unusable_password()  # a fresh one, because tokens depend on it
            user.save(update_fields=["password"])
        if not is_first:
            audit.note(Action.MEMBER_LINKED, by=by, object=f"member {user}")
    ends_at = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return PasswordLink(user_pk_to_url_str(user), default_token_generator.make_token(user), ends_at)
