"""Add members, change their roles, deactivate and reactivate log-ins.

Users can't lock out themselves, or leave an environment without an owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User
from django.db import transaction

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.members.membership import standing
from interactions.access.members.sessions import end_sessions
from interactions.access.roles import Right, Role
from interactions.errors import DojoError
from interactions.models import Environment, Membership


class MemberRefused(DojoError):
    """Adding or changing a member isn't allowed."""


def add(
    environment: Environment, *, name: str, role: Role, by: User, full_name: str = "", email: str = ""
) -> tuple[User, bool]:
    """Make someone a member of an environment; returns the user, and whether their log-in is new.

    An existing user keeps their log-in and password. Raises MemberRefused.
    """
    with transaction.atomic():
        _one_at_a_time([environment])
        _demand(by, environment)
        user = User.objects.filter(username__iexact=name).first()
        if user is None:
            first, _, last = full_name.strip().partition(" ")
            user = User(username=name, first_name=first, last_name=last.strip(), email=email)
            user.set_unusable_password()
            user.save()
            is_new = True
        else:
            _refuse_to_add(user, environment)
            is_new = False
        Membership.objects.create(user=user, environment=environment, role=role)
        _note(Action.MEMBER_ADDED, user, by, environment, role=role.label)
    return user, is_new


def _refuse_to_add(user: User, environment: Environment) -> None:
    if user.is_superuser:
        raise MemberRefused(f"{user} is an administrator, so they own every environment.")
    if Membership.objects.filter(user=user, environment=environment).exists():
        raise MemberRefused(f"{user} is already a member of {environment}.")
    if not user.is_active:
        raise MemberRefused(f"The log-in of {user} is deactivated. Reactivate it first.")


def set_roles(user: User, roles: Mapping[Environment, Role | None], *, by: User) -> int:
    """Set a user's roles, None for no access; other environments aren't changed.

    Returns how many changed. Raises MemberRefused.
    """
    if user == by:
        raise MemberRefused("You can't change your own role. Ask another owner.")
    if user.is_superuser:
        raise MemberRefused(f"{user} is an administrator, so they own every environment.")
    with transaction.atomic():
        now = {row.environment_id: row for row in Membership.objects.filter(user=user)}
        changed = [each for each in roles.items() if _role(now.get(each[0].pk)) != each[1]]
        for environment, role in changed:
            _demand(by, environment)
            before = _role(now.get(environment.pk))
            _put(user, environment, role)
            if role is None:
                _note(Action.MEMBER_REMOVED, user, by, environment, before=_label(before))
            else:
                _note(Action.ROLE_CHANGED, user, by, environment, before=_label(before), after=role.label)
        _require_owners(environment for environment, _ in changed)
    return len(changed)


def assign(user: User, role: Role | None) -> None:
    """Give a user one role everywhere, as a provider says at each log-in; None for no access.

    Raises MemberRefused where an environment would have no owner.
    """
    with transaction.atomic():
        now = {row.environment_id: Role(row.role) for row in Membership.objects.filter(user=user)}
        changed = [each for each in Environment.objects.all() if now.get(each.pk) != role]
        for environment in changed:
            before = now.get(environment.pk)
            _put(user, environment, role)
            _note(Action.ROLE_CHANGED, user, user, environment, before=_label(before), after=_label(role))
        _require_owners(each for each in changed if now.get(each.pk) is Role.OWNER)


def _put(user: User, environment: Environment, role: Role | None) -> None:
    if role is None:
        Membership.objects.filter(user=user, environment=environment).delete()
    else:
        Membership.objects.update_or_create(user=user, environment=environment, defaults={"role": role})


def deactivate(user: User, *, by: User) -> None:
    """Deactivate the log-in and end all sessions; roles are kept. Raises MemberRefused."""
    if user == by:
        raise MemberRefused("You can't deactivate yourself. Ask another owner.")
    with transaction.atomic():
        demand_log_in(user, by)
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            end_sessions(user)
            _note_log_in(Action.MEMBER_DEACTIVATED, user, by)
        _require_owners(Environment.objects.filter(memberships__user=user))
    user.refresh_from_db(fields=["is_active"])


def reactivate(user: User, *, by: User) -> None:
    """Reactivate the log-in, with the same roles and password. Raises MemberRefused."""
    with transaction.atomic():
        demand_log_in(user, by)
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            end_sessions(user)  # sessions that began while it was deactivated
            _note_log_in(Action.MEMBER_REACTIVATED, user, by)
    user.refresh_from_db(fields=["is_active"])


def owns_log_in(by: User, user: User) -> bool:
    """Whether ``by`` may manage the log-in of ``user``: only if they own all of the user's environments.

    Otherwise an owner of one environment could take over an owner of another with a set-password link.
    """
    if by.is_superuser:
        return True
    slugs = Membership.objects.filter(user=user).values_list("environment__slug", flat=True)
    own = standing(by)
    return not user.is_superuser and bool(slugs) and all(own.may(Right.MEMBERS, slug) for slug in slugs)


def demand_log_in(user: User, by: User) -> None:
    if not owns_log_in(by, user):
        raise MemberRefused(f"{user} is also in environments that you don't own. Ask someone who owns all of them.")


def _demand(by: User, environment: Environment) -> None:
    if not standing(by).may(Right.MEMBERS, environment.slug):
        raise MemberRefused(f"You are not an owner of {environment}.")


def _require_owners(environments: Iterable[Environment]) -> None:
    """Raises MemberRefused if an environment would have no owner."""
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        return
    environments = list(environments)
    _one_at_a_time(environments)  # of two who remove each other, the second finds that they are the last
    for environment in environments:
        owners = Membership.objects.filter(environment=environment, role=Role.OWNER, user__is_active=True)
        if not owners.exists():
            raise MemberRefused(f"{environment} would have no owner. Make someone else an owner first.")


def _one_at_a_time(environments: Iterable[Environment]) -> None:
    """Have others who change members of these environments wait for the end of this transaction."""
    rows = Environment.objects.select_for_update(no_key=True).order_by("pk")
    list(rows.filter(pk__in=[environment.pk for environment in environments]))


def _role(row: Membership | None) -> Role | None:
    return Role(row.role) if row else None


def _label(role: Role | None) -> str:
    return role.label if role else "No access"


def _note(action: Action, user: User, by: User, environment: Environment, **details: str) -> None:
    audit.note(action, by=by, environment=environment, object=f"member {user}", details=details)


def _note_log_in(action: Action, user: User, by: User) -> None:
    """For log-ins, which belong to no environment."""
    audit.note(action, by=by, object=f"member {user}")
