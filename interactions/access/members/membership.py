"""Who may do what where: a user's standing in the environments."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User

from interactions.access.roles import RIGHTS, Right, Role
from interactions.models import Environment, Membership


@dataclass(frozen=True, slots=True)
class Standing:
    """The environments that somebody sees, in their order, and the role in each by its slug."""

    environments: tuple[Environment, ...] = ()
    roles: tuple[tuple[str, Role], ...] = ()

    def environment(self, slug: str) -> Environment:
        """One of those that somebody sees. Raises KeyError for another."""
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
    """One question to the database. Administrators are owners everywhere."""
    if not isinstance(user, User) or not user.is_active:
        return Standing()
    if user.is_superuser:
        environments = tuple(Environment.objects.all())
        return Standing(environments, tuple((environment.slug, Role.OWNER) for environment in environments))
    rows = (
        Membership.objects.filter(user=user)
        .select_related("environment")
        .order_by("environment__position", "environment__slug")
    )
    return Standing(
        tuple(row.environment for row in rows), tuple((row.environment.slug, Role(row.role)) for row in rows)
    )
