"""The members of an environment, as an owner sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from interactions.access.members.membership import Standing
from interactions.access.roles import Right, Role
from interactions.models import Environment, Membership


@dataclass(frozen=True, slots=True)
class ListedMember:
    """``roles`` are those in the environments that the one who looks owns, in their order; no role is None."""

    user: User
    role: Role
    roles: tuple[tuple[Environment, Role | None], ...]
    is_elsewhere: bool  # in an environment that the one who looks does not own

    @property
    def is_own(self) -> bool:
        """Whether the log-in is in the hands of the one who looks: see changing.owns_log_in."""
        return not self.user.is_superuser and not self.is_elsewhere

    @property
    def state(self) -> str:
        """In a word, for people."""
        if not self.user.is_active:
            return "Deactivated"
        return "Active" if self.user.has_usable_password() else "No password yet"

    @property
    def elsewhere(self) -> list[tuple[Environment, Role]]:
        """The other roles, without those that are none."""
        return [(environment, role) for environment, role in self.roles[1:] if role]


def users(here: Environment, *, named: str = "") -> QuerySet[User]:
    """All members of ``here`` and the administrators, or those with ``named`` in a name or an address of theirs.

    Who is active comes first, then by name.
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


def as_members(rows: Iterable[User], here: Environment, own: Standing) -> list[ListedMember]:
    """What each of these users is, to the one who looks. One question for all."""
    others = [each for each in own.environments if each != here and own.may(Right.MEMBERS, each.slug)]
    found = list(rows)
    prefetch_related_objects(found, Prefetch("memberships", Membership.objects.all()))
    return [_member(user, [here, *others]) for user in found]


def _member(user: User, environments: list[Environment]) -> ListedMember:
    if user.is_superuser:
        return ListedMember(user, Role.OWNER, tuple((each, Role.OWNER) for each in environments), is_elsewhere=False)
    roles = {row.environment_id: Role(row.role) for row in user.memberships.all()}
    return ListedMember(
        user,
        roles[environments[0].pk],
        tuple((each, roles.get(each.pk)) for each in environments),
        is_elsewhere=bool(set(roles) - {each.pk for each in environments}),
    )
