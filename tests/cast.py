"""The people of the tests, always the same five: each is a member of all three environments, but for the stranger."""

from django.contrib.auth.models import User

from interactions.access.roles import Role
from interactions.models import Environment, Membership


def member(name: str, role: Role | None, *environments: str) -> User:
    """A new user with one role in the environments named, in all where none is."""
    user = User.objects.create_user(name)
    if role is not None:
        rows = Environment.objects.filter(slug__in=environments) if environments else Environment.objects.all()
        Membership.objects.bulk_create(Membership(user=user, environment=row, role=role) for row in rows)
    return user


def owner(name: str = "olga") -> User:
    return member(name, Role.OWNER)


def analyst(name: str = "anna") -> User:
    return member(name, Role.ANALYST)


def viewer(name: str = "vera") -> User:
    return member(name, Role.VIEWER)


def privacy_admin(name: str = "petra") -> User:
    return member(name, Role.PRIVACY)


def stranger(name: str = "stan") -> User:
    """Has a log-in and no role anywhere."""
    return member(name, None)
