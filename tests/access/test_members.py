"""Members: who may change whom, and that nobody locks out themselves or an environment."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.access import members
from interactions.access.members import MemberRefused
from interactions.access.roles import Role
from interactions.models import ActivityEntry, Environment, Membership
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def production() -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture
def playground() -> Environment:
    return Environment.objects.get(slug="playground")


def roles_of(user: User) -> dict[str, str]:
    return dict(Membership.objects.filter(user=user).values_list("environment__slug", "role"))


# --- Adding ---


def test_somebody_new_gets_a_log_in_without_a_password(production: Environment) -> None:
    user, is_new = members.add(
        production, name="tom", role=Role.ANALYST, by=cast.owner(), full_name="Tom van Dijk", email="t@x.org"
    )
    assert is_new and not user.has_usable_password()
    assert (user.first_name, user.last_name, user.email) == ("Tom", "van Dijk", "t@x.org")
    assert roles_of(user) == {"production": "analyst"}


def test_who_has_a_log_in_keeps_it(production: Environment) -> None:
    tom = cast.member("tom", Role.VIEWER, "playground")
    tom.set_password("correct horse battery")
    tom.save()
    user, is_new = members.add(production, name="Tom", role=Role.ANALYST, by=cast.owner())
    assert (user, is_new) == (tom, False)
    assert user.check_password("correct horse battery")
    assert roles_of(tom) == {"production": "analyst", "playground": "viewer"}


def test_a_member_is_not_added_twice(production: Environment) -> None:
    cast.viewer()
    with pytest.raises(MemberRefused, match="is already a member of Production"):
        members.add(production, name="vera", role=Role.OWNER, by=cast.owner())


def test_an_administrator_needs_no_role(production: Environment) -> None:
    User.objects.create_superuser("boss")
    with pytest.raises(MemberRefused, match="administrator"):
        members.add(production, name="boss", role=Role.VIEWER, by=cast.owner())


def test_only_an_owner_of_the_environment_adds(production: Environment) -> None:
    somebody = cast.member("somebody", Role.OWNER, "playground")
    with pytest.raises(MemberRefused, match="not an owner of Production"):
        members.add(production, name="tom", role=Role.VIEWER, by=somebody)
    assert not User.objects.filter(username="tom").exists()


# --- Roles ---


def test_roles_are_changed_given_and_taken_in_one_go(production: Environment, playground: Environment) -> None:
    tom = cast.member("tom", Role.VIEWER, "production", "development")
    development = Environment.objects.get(slug="development")
    wanted = {production: Role.ANALYST, playground: Role.OWNER, development: None}
    assert members.set_roles(tom, wanted, by=cast.owner()) == 3
    assert roles_of(tom) == {"production": "analyst", "playground": "owner"}
    entries = ActivityEntry.objects.exclude(action="log_in").order_by("id")
    assert [(entry.action, entry.details) for entry in entries] == [
        ("role_changed", {"before": "Viewer", "after": "Analyst"}),
        ("role_changed", {"before": "No access", "after": "Owner"}),
        ("member_removed", {"before": "Viewer"}),
    ]


def test_a_role_that_stays_is_no_change(production: Environment) -> None:
    assert members.set_roles(cast.viewer(), {production: Role.VIEWER}, by=cast.owner()) == 0


def test_roles_are_changed_by_an_owner_of_that_environment(production: Environment, playground: Environment) -> None:
    tom = cast.viewer("tom")
    somebody = cast.member("somebody", Role.OWNER, "playground")
    with pytest.raises(MemberRefused, match="not an owner of Production"):
        members.set_roles(tom, {playground: Role.OWNER, production: Role.OWNER}, by=somebody)
    assert set(roles_of(tom).values()) == {"viewer"}


def test_nobody_changes_a_role_of_ones_own(production: Environment) -> None:
    olga = cast.owner()
    with pytest.raises(MemberRefused, match="your own role"):
        members.set_roles(olga, {production: Role.VIEWER}, by=olga)


def test_the_last_owner_stays_one(production: Environment) -> None:
    boss = User.objects.create_superuser("boss")
    olga = cast.member("olga", Role.OWNER, "production")
    User.objects.filter(pk=boss.pk).update(is_active=False)  # so that no administrator is left either
    with pytest.raises(MemberRefused, match="would have no owner"):
        members.set_roles(olga, {production: Role.VIEWER}, by=_still(boss))
    assert roles_of(olga) == {"production": "owner"}


def _still(boss: User) -> User:
    """Who was let in a moment ago, when the log-in was still good."""
    boss.is_active = True
    return boss


def test_the_last_owners_log_in_stays(production: Environment) -> None:
    boss = User.objects.create_superuser("boss")
    olga = cast.member("olga", Role.OWNER, "production")
    User.objects.filter(pk=boss.pk).update(is_active=False)
    with pytest.raises(MemberRefused, match="would have no owner"):
        members.deactivate(olga, by=_still(boss))
    olga.refresh_from_db()
    assert olga.is_active


# --- The log-in ---


def test_a_log_in_ends_and_is_resumed_with_its_roles() -> None:
    olga, tom = cast.owner(), cast.viewer("tom")
    members.deactivate(tom, by=olga)
    assert not tom.is_active and members.standing(tom).environments == ()
    members.reactivate(tom, by=olga)
    assert tom.is_active and len(members.standing(tom).environments) == 3


def test_nobody_deactivates_oneself() -> None:
    olga = cast.owner()
    with pytest.raises(MemberRefused, match="deactivate yourself"):
        members.deactivate(olga, by=olga)


@pytest.mark.parametrize("act", [members.deactivate, members.reactivate, members.new_link])
def test_a_log_in_is_in_the_hands_of_those_who_own_all_its_environments(act) -> None:
    """Else a link would make the owner of one environment the owner of another."""
    olga = cast.owner()
    somebody = cast.member("somebody", Role.OWNER, "playground")
    with pytest.raises(MemberRefused, match="don't own"):
        act(olga, by=somebody)


@pytest.mark.parametrize("act", [members.deactivate, members.new_link])
def test_an_administrators_log_in_is_no_owners_business(act) -> None:
    with pytest.raises(MemberRefused):
        act(User.objects.create_superuser("boss"), by=cast.owner())


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    assert client.get(reverse("account")).status_code == 200
    return client


def test_a_deactivated_members_sessions_end_and_never_live_again(production: Environment) -> None:
    olga, tom = cast.owner(), cast.viewer("tom")
    phone, laptop, other = logged_in(tom), logged_in(tom), logged_in(olga)
    members.deactivate(tom, by=olga)
    assert [client.get(reverse("account")).status_code for client in (phone, laptop)] == [302, 302]
    members.reactivate(tom, by=olga)
    assert [client.get(reverse("account")).status_code for client in (phone, laptop)] == [302, 302]
    assert other.get(reverse("account")).status_code == 200


def test_a_session_ends_for_good_also_where_djangos_admin_deactivates(production: Environment) -> None:
    tom = cast.viewer("tom")
    client = logged_in(tom)
    for is_active in (False, True):
        tom.is_active = is_active
        tom.save()
    assert client.get(reverse("account")).status_code == 302
