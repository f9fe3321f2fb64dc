"""The activity log: who is named in it, and that it cannot be changed."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory

from interactions.access import audit, keys
from interactions.access.audit import Action
from interactions.migrations import __name__ as migrations
from interactions.models import ActivityEntry, ApiKey, Environment
from interactions.models.activity import AppendOnly
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def production() -> Environment:
    return Environment.objects.get(slug="production")


def actor_of(entry: ActivityEntry) -> tuple[str, int | None, str]:
    return entry.actor_kind, entry.actor_id, entry.actor


def test_a_member_is_named_by_user_name(production: Environment) -> None:
    user = cast.owner()
    entry = audit.note(Action.KEY_CREATED, by=user, environment=production, object="API key 1", address="10.0.0.9")
    entry.refresh_from_db()
    assert actor_of(entry) == ("user", user.pk, "olga")
    assert (entry.environment, entry.object, entry.address) == (production, "API key 1", "10.0.0.9")


def test_a_key_is_named_without_its_secret(production: Environment) -> None:
    key, text = keys.create(production, kind=ApiKey.Kind.SECRET, name="Shop")
    caller = keys.find(text)
    expected = ("key", key.pk, f"Shop ({key.prefix}…)")
    assert actor_of(audit.note(Action.DELETION_RECEIVED, by=key)) == expected
    assert actor_of(audit.note(Action.DELETION_RECEIVED, by=caller)) == expected


def test_without_anybody_it_is_dojo_itself() -> None:
    assert actor_of(audit.note(Action.IMPORT_DONE)) == ("system", None, "")


def test_a_command_is_named_by_its_name() -> None:
    with audit.acting("erase_users"):
        assert actor_of(audit.note(Action.DELETION_RECEIVED)) == ("command", None, "erase_users")


def test_entries_of_one_action_share_an_id() -> None:
    with audit.acting(None, "10.0.0.9") as actor:
        entries = [audit.note(Action.ROLE_CHANGED), audit.note(Action.ROLE_CHANGED)]
    assert {(entry.shared, entry.address) for entry in entries} == {(actor.shared, "10.0.0.9")}
    assert audit.note(Action.ROLE_CHANGED).shared != actor.shared


def test_the_steps_of_one_thing_share_an_id_in_every_process() -> None:
    assert audit.shared_by("import", 12) == audit.shared_by("import", 12) != audit.shared_by("import", 13)
    entry = audit.note(Action.IMPORT_DONE, shared=audit.shared_by("import", 12))
    assert entry.shared == audit.shared_by("import", 12) and isinstance(entry.shared, uuid.UUID)


def test_what_is_rolled_back_was_not_noted() -> None:
    with transaction.atomic():
        audit.note(Action.ROLE_CHANGED)
        transaction.set_rollback(True)
    assert not ActivityEntry.objects.exists()


def test_the_entry_outlives_its_user(production: Environment) -> None:
    user = User.objects.create_user("tom")
    audit.note(Action.LOG_IN, by=user)
    user.delete()
    assert ActivityEntry.objects.get().actor == "tom"


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (False, "1.1.1.1", "10.0.0.9"),
        (True, "1.1.1.1", "1.1.1.1"),
        (True, "6.6.6.6, 2.2.2.2", "2.2.2.2"),
        (True, "", "10.0.0.9"),
    ],
)
def test_what_a_proxy_says_is_believed_only_where_there_is_one(
    settings, rf: RequestFactory, behind: bool, forwarded: str, address: str
) -> None:
    settings.BEHIND_HTTPS = behind
    request = rf.get("/", REMOTE_ADDR="10.0.0.9", headers={"X-Forwarded-For": forwarded})
    assert audit.client_address(request) == address


# --- What is noted ---


def noted() -> list[tuple[str, str, str]]:
    """Action, actor and object of all entries, oldest first."""
    return list(ActivityEntry.objects.order_by("id").values_list("action", "actor", "object"))


@pytest.fixture
def olga() -> User:
    user = cast.owner()
    user.set_password("correct horse battery")
    user.save()
    return user


def log_in(client: Client, name: str, password: str) -> None:
    client.post("/login/", {"username": name, "password": password}, REMOTE_ADDR="10.0.0.9")


def test_log_in_and_log_out_are_noted_with_the_address(client: Client, olga: User) -> None:
    log_in(client, "olga", "correct horse battery")
    client.post("/logout/")
    assert noted() == [("log_in", "olga", ""), ("log_out", "olga", "")]
    assert ActivityEntry.objects.filter(address="10.0.0.9").get().action == "log_in"


def test_a_failed_log_in_names_who_was_tried_and_never_the_password(client: Client, olga: User) -> None:
    log_in(client, "olga", "wrong")
    assert noted() == [("log_in_failed", "", "log-in of olga")]
    entry = ActivityEntry.objects.get()
    assert (entry.actor_kind, entry.details) == ("nobody", {})


def test_a_name_that_is_nobodys_is_not_kept(client: Client, olga: User) -> None:
    log_in(client, "correct horse battery", "olga")
    assert noted() == [("log_in_failed", "", "")]


def test_the_life_of_a_key_is_noted(production: Environment) -> None:
    user = cast.owner()
    key, _ = keys.create(production, kind=ApiKey.Kind.SECRET, name="Shop", user=user)
    with audit.acting(user):
        new, _ = keys.rotate(key, timedelta(hours=1), user=user)
        keys.revoke(new)
        keys.revoke(new)  # changes nothing, so it is no entry
    assert noted() == [
        ("key_created", "olga", f"API key Shop ({key.prefix}…)"),
        ("key_rotated", "olga", f"API key Shop ({key.prefix}…)"),
        ("key_revoked", "olga", f"API key Shop ({new.prefix}…)"),
    ]


def test_a_request_notes_who_is_logged_in(client: Client) -> None:
    client.force_login(cast.analyst())
    client.post("/playground/interactions/imports/new/", {"action": "sample"}, REMOTE_ADDR="10.0.0.9")
    entry = ActivityEntry.objects.first()
    assert entry is not None
    assert (entry.action, entry.actor, entry.address) == ("import_started", "anna", "10.0.0.9")
    assert entry.environment is not None and entry.environment.slug == "playground"


def test_what_is_done_in_djangos_admin_is_noted(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    client.post("/admin/auth/group/add/", {"name": "Sales"})
    assert noted()[-1] == ("admin_changed", "boss", "group Sales")


def test_djangos_admin_shows_entries_and_changes_none(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    entry = audit.note(Action.LOG_IN_FAILED, object="log-in of olga")
    page = f"/admin/interactions/activityentry/{entry.pk}"
    assert "log-in of olga" in client.get("/admin/interactions/activityentry/").content.decode()
    assert client.get(f"{page}/change/").status_code == 200
    assert client.post(f"{page}/change/", {"actor": "x"}).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/interactions/activityentry/add/").status_code == 403


# --- Nobody changes it ---


def test_an_entry_is_neither_changed_nor_removed() -> None:
    entry = audit.note(Action.LOG_IN)
    entry.actor = "somebody else"
    for act in (entry.save, entry.delete, ActivityEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            act()
    with pytest.raises(AppendOnly):
        ActivityEntry.objects.update(actor="somebody else")
    assert ActivityEntry.objects.get().actor == ""


@pytest.mark.parametrize(
    "statement",
    ["UPDATE interactions_activityentry SET actor = 'x'", "DELETE FROM interactions_activityentry"],
)
def test_the_database_refuses_it_too(statement: str) -> None:
    from importlib import import_module

    migration = import_module(f"{migrations}.0007_members_and_activity")
    audit.note(Action.LOG_IN)
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        migration.take_triggers_down(None, editor)  # of two, the one against removing is down in tests: see conftest
        migration.put_up_triggers(None, editor)
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            cursor.execute(statement)
