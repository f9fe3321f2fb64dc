"""The pages of notifications: the environment's channels for owners, and each member's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from interactions.models import ActivityEntry, Environment, Notification, NotificationChannel, NotificationRules
from interactions.notifications import addresses
from interactions.notifications.events import NotifiedEvent
from tests import cast
from tests.notifications.conftest import hook, mailbox
from tests.notifications.receivers import Hook, Mailbox
from tests.notifications.told import channel, own
from tests.pages import text_of

pytestmark = pytest.mark.django_db
PAGE, MINE = "/production/notifications/", "/account/notifications/"
Kind = NotificationChannel.Kind
__all__ = ["hook", "mailbox"]


@pytest.fixture(autouse=True)
def owner(client: Client) -> Any:
    user = cast.owner()
    client.force_login(user)
    return user


def production() -> Environment:
    return Environment.objects.get(slug="production")


def added(client: Client, **sent: Any) -> str:
    given = {"form": "add", "kind": "webhook", "address": "https://hooks.example/t0k3n", "events": ["import_failed"]}
    return client.post(PAGE, {**given, **sent}, follow=True).content.decode()


def test_a_webhook_is_added_and_its_secret_is_shown_this_once(client: Client) -> None:
    page = added(client)
    row = NotificationChannel.objects.get()
    secret = addresses.opened(row.secret)
    assert secret in page and "Copy this secret now" in page
    for later in (text_of(client, PAGE), str(ActivityEntry.objects.values("object", "details"))):
        assert secret not in later and "t0k3n" not in later and row.address not in later
    assert (row.label, row.events, addresses.opened(row.address)) == (
        "hooks.example",
        ["import_failed"],
        "https://hooks.example/t0k3n",
    )
    assert ActivityEntry.objects.get(action="settings_changed").object == f"notification channel {row.pk}"


def test_the_same_address_is_added_once(client: Client) -> None:
    added(client)
    assert "already" in added(client) and NotificationChannel.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"address": "hooks"}, "Enter a whole address"),
        ({"kind": "email", "address": "nobody"}, "isn&#x27;t an e-mail address"),
        ({"kind": "service", "address": "nothing"}, "an Apprise URL"),
        ({"kind": "pigeon"}, "Select a valid choice"),
        ({"events": []}, "Choose at least one event"),
        ({"events": ["weekly_summary"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_a_channel_is_refused_with_a_sentence(client: Client, sent: dict[str, Any], said: str) -> None:
    assert said in added(client, **sent)
    assert not NotificationChannel.objects.exists()


def test_a_test_says_what_came_of_it(client: Client, hook: Hook) -> None:
    row = channel(production(), hook.url)
    sent = {"form": "test", "channel": row.pk, "once": "a"}
    assert "The test was sent." in client.post(PAGE, sent, follow=True).content.decode()
    hook.status = 500
    page = client.post(PAGE, {**sent, "once": "b"}, follow=True).content.decode()
    assert "The receiver answered 500." in page and page.count("Test of Dojo in Production") == 2


def test_events_are_changed_paused_and_removed(client: Client) -> None:
    row = channel(production())
    client.post(PAGE, {"form": "events", "channel": row.pk, "events": ["disk_low", "health_fell", "nonsense"]})
    row.refresh_from_db()
    assert row.events == ["health_fell", "disk_low"]
    for expected in (True, False):
        client.post(PAGE, {"form": "pause", "channel": row.pk})
        row.refresh_from_db()
        assert row.is_paused is expected
    client.post(PAGE, {"form": "remove", "channel": row.pk})
    assert not NotificationChannel.objects.exists()
    did = [entry.details["what"] for entry in ActivityEntry.objects.filter(action="settings_changed").order_by("id")]
    assert did == ["changed", "paused", "resumed", "removed"]


def test_channels_of_others_are_out_of_reach(client: Client) -> None:
    others = channel(Environment.objects.get(slug="playground")), own(production(), cast.viewer())
    for row in others:
        for deed in ("test", "events", "pause", "remove"):
            assert client.post(PAGE, {"form": deed, "channel": row.pk}).status_code == 404
    assert NotificationChannel.objects.filter(is_paused=False).count() == 2
    assert client.post(PAGE, {"form": "remove", "channel": "9" * 30}).status_code == 404


def test_rules_are_saved_and_logged(client: Client) -> None:
    client.post(PAGE, {"form": "rules", "quiet_minutes": 15, "refused_percent": 1})
    rules = NotificationRules.objects.get()
    assert (rules.quiet_minutes, rules.refused_percent) == (15, 1)
    entry = ActivityEntry.objects.get(action="settings_changed")
    assert entry.details == {"before": "60 minutes, 5%", "after": "15 minutes, 1%"}
    assert "Ensure this value" in client.post(PAGE, {"form": "rules", "quiet_minutes": 1}).content.decode()


def test_the_empty_page_says_so(client: Client) -> None:
    page = text_of(client, PAGE)
    assert "No channels yet" in page and "Nothing has been sent yet" in page


def test_a_member_chooses_for_each_environment(client: Client, owner: Any) -> None:
    sent = {"for": "production", "form": "save", "events": ["import_failed", "disk_low"], "weekly": "on"}
    assert "Saved for Production." in client.post(MINE, sent, follow=True).content.decode()
    row = NotificationChannel.objects.get()
    assert (row.user, row.kind, row.events, row.is_weekly) == (owner, Kind.EMAIL, ["import_failed", "disk_low"], True)
    client.post(MINE, {"for": "production", "form": "save"})
    assert not NotificationChannel.objects.exists()


def test_a_member_may_add_a_chat_but_no_host_of_choice(client: Client) -> None:
    client.force_login(cast.viewer())
    sent = {"for": "production", "form": "save", "events": ["import_failed"]}
    for url in ("json://127.0.0.1/x", "https://10.0.0.1/hook"):
        page = client.post(MINE, {**sent, "service": url}, follow=True).content.decode()
        assert "Only an owner" in page or "an Apprise URL" in page
    assert not NotificationChannel.objects.exists()
    slack = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#dojo"
    client.post(MINE, {**sent, "service": slack})
    assert set(NotificationChannel.objects.values_list("kind", flat=True)) == {Kind.EMAIL, Kind.SERVICE}
    page = text_of(client, MINE)
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in page and "Slack is set" in page
    client.post(MINE, {**sent, "drop": "on"})
    assert not NotificationChannel.objects.filter(kind=Kind.SERVICE).exists()


def test_a_member_sees_what_the_role_may_know(client: Client) -> None:
    assert "Deletion due" in text_of(client, MINE)
    client.force_login(cast.viewer())
    page = text_of(client, MINE)
    assert "Deletion due" not in page and "Disk low" not in page and "Import failed" in page


def test_a_member_tests_their_own_mail(client: Client, mailbox: Mailbox, owner: Any) -> None:
    row = own(production(), owner)
    page = client.post(MINE, {"for": "production", "form": "test", "once": "a"}, follow=True).content.decode()
    assert "The test was sent." in page and mailbox.mails[0]["To"] == row.user.email  # type: ignore[union-attr]
    nothing = client.post(MINE, {"for": "playground", "form": "test"}, follow=True).content.decode()
    assert "Choose at least one event and save first." in nothing


def test_an_environment_without_a_role_is_not_offered_and_not_saved(client: Client) -> None:
    client.force_login(cast.member("vic", cast.Role.VIEWER, "playground"))
    assert "Production" not in text_of(client, MINE).partition("<main")[2]
    client.post(MINE, {"for": "production", "form": "save", "events": ["import_failed"]})
    assert not NotificationChannel.objects.exists()


def test_titles_are_escaped(client: Client) -> None:
    row = channel(production())
    note = Notification.objects.create(
        environment=production(), event=NotifiedEvent.TEST, key="k", title="<script>x</script>", text=""
    )
    note.deliveries.create(channel=row)
    assert "<script>x" not in client.get(PAGE).content.decode()
