"""A user's standing: their roles and rights in each environment."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User

from interactions.access.roles import RIGHTS, Right, Role
from interactions.models import Environment, Membership


@dataclass(frozen=True, slots=True)
class Standing:
    """The environments a user has access to, in order, and their role in each by slug."""

    environments: tuple[Environment, ...] = ()
    roles: tuple[tuple[str, Role], ...] = ()
    is_administrator: bool = False

    def environment(self, slug: str) -> Environment:
        """An environment by slug. Raises KeyError if the user has no access to it."""
        return {environment.slug: environment for environment in self.environments}[slug]

    def role(self, environment: str) -> Role | None:
        return dict(self.roles).get(environment)

    def rights(self, environment: str) -> frozenset[Right]:
        role = self.role(environment)
        return RIGHTS[role] if role else frozenset()

    def may(self, right: Right, environment: str) -> bool:
        return right in self.rights(environment)

    def may_somewhere(self, right: Right) -> bool:
        return any(role.may(right) for _, role in self.roles)


def standing(user: User | AnonymousUser) -> Standing:
    """A user's standing, in one query. Administrators own every environment."""
    if not isinstance(user, User) or not user.is_active:
        return Standing()
    if user.is_superuser:
        environments = tuple(Environment.objects.all())
        roles = tuple((environment.slug, Role.OWNER) for environment in environments)
        return Standing(environments, roles, is_administrator=True)
    rows = (
        Membership.objects.filter(user=user)
        .select_related("environment")
        .order_by("environment__position", "environment__slug")
    )
    return Standing(
        tuple(row.environment for row in rows), tuple((row.environment.slug, Role(row.role)) for row in rows)
    )
