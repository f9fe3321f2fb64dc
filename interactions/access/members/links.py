"""Links with which a member sets a password, once. Dojo sends no mail: an owner hands the link over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.members.change import demand_log_in


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """What the address of a link is made of, and until when it is good."""

    uid: str
    token: str
    ends_at: datetime


def new_link(user: User, *, by: User, is_first: bool = False) -> PasswordLink:
    """A link that is good until it is used, the person logs in, or its time is over. Raises MemberRefused.

    Of somebody who has no password yet, it ends the links made before. The first is part of adding a member, and no
    entry of its own in the activity log.
    """
    with transaction.atomic():
        demand_log_in(user, by)
        if not user.has_usable_password():
            user.set_unusable_password()  # a fresh one, which the token is made of
            user.save(update_fields=["password"])
        if not is_first:
            audit.note(Action.MEMBER_LINKED, by=by, object=f"member {user}")
    ends_at = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return PasswordLink(urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user), ends_at)


def user_of(uid: str) -> User | None:
    """Whose link it is. A log-in that is deactivated has none."""
    try:
        pk = int(urlsafe_base64_decode(uid))
    except ValueError:
        return None
    return User.objects.filter(pk=pk, is_active=True).first()
