"""One-time links to set a password: an owner passes them on, or Dojo mails them to whoever forgot theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.members.change import demand_log_in
from interactions.access.members.directory import with_email


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
    return _link(user)


def mail_links(email: str, base: str) -> int:
    """Mail a link to each member with this address who logs in by a password; returns to how many.

    ``base`` is the address of Dojo's root. Who never had a password and comes from a provider gets none.
    """
    users = [
        user
        for user in with_email(email)
        if user.has_usable_password() or not SocialAccount.objects.filter(user=user).exists()
    ]
    for user in users:
        link = _link(user)
        address = urljoin(base, reverse("set_password", args=[link.uid, link.token]))
        context = {"user": user, "address": address, "hours": settings.MEMBER_LINK_HOURS}
        text = render_to_string("account/email/link.txt", context)
        send_mail("Set a new password for Dojo", text, None, [user.email])
    return len(users)


def _link(user: User) -> PasswordLink:
    ends_at = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return PasswordLink(user_pk_to_url_str(user), default_token_generator.make_token(user), ends_at)
