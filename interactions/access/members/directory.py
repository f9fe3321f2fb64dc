"""The list of members of an environment, as seen by an owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from interactions.access.members.membership import Standing
from interactions.access.roles import Right, Role
from interactions.models import Environment, Membership


@dataclass(frozen=True, slots=True)
class ListedMember:
    """``roles`` has the environments that the viewer owns, in order, with the member's role there or None."""

    user: User
    role: Role
    roles: tuple[tuple[Environment, Role | None], ...]
    is_elsewhere: bool  # in an environment that the viewer doesn't own
    has_second_factor: bool

    @property
    def is_own(self) -> bool:
        """Whether the viewer may manage the log-in: see change.owns_log_in."""
        return not self.user.is_superuser and not self.is_elsewhere

    @property
    def state(self) -> str:
        """The state of the log-in, for display."""
        if not self.user.is_active:
            return "Deactivated"
        return "Active" if self.user.has_usable_password() else "No password yet"

    @property
    def elsewhere(self) -> list[tuple[Environment, Role]]:
        """The roles in other environments."""
        return [(environment, role) for environment, role in self.roles[1:] if role]


def users(here: Environment, *, named: str = "") -> QuerySet[User]:
    """All members of ``here`` and administrators; with ``named``, those with these words in their names or e-mail.

    Active ones first, then by name.
    """
    rows = User.objects.filter(Q(memberships__environment=here) | Q(is_superuser=True))
    for word in named.split():
        rows = rows.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    return rows.distinct().order_by("-is_active", "username")


def with_email(email: str) -> list[User]:
    """Who can log in, and has this e-mail address in whatever case; several people may, as owners enter them."""
    return list(User.objects.filter(email__iexact=email, is_active=True)) if email else []


def as_members(rows: Iterable[User], here: Environment, own: Standing) -> list[ListedMember]:
    """These users as seen by the viewer with the standing ``own``, in one query."""
    others = [each for each in own.environments if each != here and own.may(Right.MEMBERS, each.slug)]
    found = list(rows)
    prefetch_related_objects(found, Prefetch("memberships", Membership.objects.all()))
    secured = set(
        Authenticator.objects.filter(user__in=found)
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    return [_member(user, [here, *others], has_second_factor=user.pk in secured) for user in found]


def _member(user: User, environments: list[Environment], *, has_second_factor: bool) -> ListedMember:
    if user.is_superuser:
        everywhere = tuple((each, Role.OWNER) for each in environments)
        return ListedMember(user, Role.OWNER, everywhere, is_elsewhere=False, has_second_factor=has_second_factor)
    roles = {row.environment_id: Role(row.role) for row in user.memberships.all()}
    return ListedMember(
        user,
        roles[environments[0].pk],
        tuple((each, roles.get(each.pk)) for each in environments),
        is_elsewhere=bool(set(roles) - {each.pk for each in environments}),
        has_second_factor=has_second_factor,
    )
