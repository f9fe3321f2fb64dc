"""Connections that are pulled, on their pages: adding one, its days, its errors, pulling now and once more."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.ingest.connections.seal import opened
from interactions.ingest.pulls import change
from interactions.ingest.pulls.change import Asked
from interactions.ingest.pulls.sources import PULL_SOURCES, REGIONS
from interactions.models import Connection, Environment, Import, Pull, PulledDay
from tests import cast
from tests.pages import HTMX, made, text_of

pytestmark = pytest.mark.django_db
NEW = "/production/connections/new/pull/"
FORM = {
    "source": "mixpanel",
    "name": "Shop",
    "key": "reader.1",
    "secret": "s3cret",
    "project": "77",
    "region": "eu",
    "zone": "berlin",
    "since": "2026-01-01",
}


@pytest.fixture(autouse=True)
def queue(redis_server: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is asked of the workers, once a transaction is committed."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(change, "enqueue", lambda task, *pks: asked.extend((task, pk) for pk in pks))
    return asked


@pytest.fixture
def pull() -> Pull:
    asked = Asked("amplitude", "a-key", "a-secret", "us", date(2026, 1, 1), name="App")
    return change.create(Environment.objects.get(slug="production"), asked)


def day_of(pull: Pull, state: str, imp: Import | None = None, day: int = 1) -> PulledDay:
    start, end = (datetime(2026, 1, each, tzinfo=UTC) for each in (day, day + 1))
    made = {"state": state, "imported": imp}
    return PulledDay.objects.create(pull=pull, day=start.date(), start=start, end=end, **made)


def page_of(name: str, pull: Pull) -> str:
    return reverse(name, args=["production", pull.connection_id])


def once(client: Client, address: str) -> str:
    found = re.search(r'name="once" value="(\w+)"', text_of(client, address))
    assert found
    return found[1]


def add(client: Client, **values: str) -> str:
    form = FORM | {"once": once(client, NEW)} | values
    return client.post(NEW, form, follow=True).content.decode()


def test_every_region_has_a_name() -> None:
    assert {region for source in PULL_SOURCES.values() for region in source.hosts} == set(REGIONS)


def test_one_is_added_and_begins_at_once(client: Client, owner: User, queue: list[tuple[str, int]]) -> None:
    page = add(client)
    pull = Pull.objects.get()
    assert "Its first days are being pulled" in page and "days of Europe/Berlin since Jan 1, 2026" in page
    assert (opened(pull.key), opened(pull.connection.secret)) == ("reader.1", "s3cret")
    assert (pull.project, pull.region, pull.zone, pull.connection.created_by) == ("77", "eu", "Europe/Berlin", owner)
    assert queue == [("pull_day", pull.pk)]
    assert "s3cret" not in page and "reader.1" not in page
    assert "Shop" in text_of(client, "/production/connections/")


def test_what_is_wrong_is_said_beside_the_form_which_forgets_the_secret(client: Client, owner: User) -> None:
    page = add(client, project="shop")
    assert "The project ID must be a number." in page
    assert "s3cret" not in page
    assert not Connection.objects.exists()


def test_a_form_that_is_sent_twice_adds_one(client: Client, owner: User) -> None:
    form = FORM | {"once": once(client, NEW)}
    client.post(NEW, form)
    client.post(NEW, form)
    assert Pull.objects.count() == 1


def test_the_page_shows_days_their_imports_and_the_last_error(client: Client, owner: User, pull: Pull) -> None:
    imp = made(Import.State.DONE, accepted=1234, skipped=56)
    day_of(pull, PulledDay.State.IMPORTED, imp, day=1)
    day_of(pull, PulledDay.State.EMPTY, day=2)
    Pull.objects.update(error="Amplitude refused the key (401).")
    page = text_of(client, page_of("connection", pull))
    assert "1,234" in page and reverse("import_detail", args=["production", imp.pk]) in page
    assert "no events" in page
    assert "Amplitude refused the key (401)." in page and "Next try" in page
    assert "failing" in text_of(client, "/production/connections/")


def test_days_are_a_fragment_that_asks_for_itself(client: Client, owner: User, pull: Pull) -> None:
    part = text_of(client, page_of("connection", pull), **HTMX)
    assert part.lstrip().startswith('<div id="days"')
    assert "No day has been pulled yet" in part


def test_pull_now_asks_at_once_unless_it_is_paused(
    client: Client, owner: User, pull: Pull, queue: list[tuple[str, int]]
) -> None:
    queue.clear()
    client.post(page_of("pull_now", pull))
    assert queue == [("pull_day", pull.pk)]
    client.post(page_of("connection_pause", pull), {"paused": "1"})
    page = client.post(page_of("pull_now", pull), follow=True).content.decode()
    assert "is paused. Resume it first." in page
    assert len(queue) == 1


@pytest.mark.parametrize(("state", "again"), [("failed", True), ("undone", True), ("done", False), ("loading", False)])
def test_a_day_that_is_missing_can_be_pulled_again(
    client: Client, owner: User, pull: Pull, state: str, again: bool
) -> None:
    day = day_of(pull, PulledDay.State.IMPORTED, made(state))
    assert ("Pull again" in text_of(client, page_of("connection", pull))) == again
    client.post(page_of("pull_again", pull), {"day": day.pk})
    day.refresh_from_db()
    assert (day.state == PulledDay.State.PULLING) == again


def test_another_key_is_asked_with_at_once(
    client: Client, owner: User, pull: Pull, queue: list[tuple[str, int]]
) -> None:
    queue.clear()
    address = page_of("pull_key", pull)
    client.post(address, {"once": once(client, address), "key": "b-key", "secret": "b-secret"})
    pull.refresh_from_db()
    assert (opened(pull.key), opened(pull.connection.secret)) == ("b-key", "b-secret")
    assert queue == [("pull_day", pull.pk)]


def test_removing_it_leaves_its_imports(client: Client, owner: User, pull: Pull) -> None:
    imp = made(Import.State.DONE)
    day_of(pull, PulledDay.State.IMPORTED, imp)
    client.post(page_of("connection_remove", pull))
    assert not Pull.objects.exists() and not PulledDay.objects.exists()
    assert Import.objects.get() == imp


@pytest.mark.parametrize("who", [cast.viewer, cast.analyst, cast.privacy_admin])
def test_only_owners_see_and_change_pulls(client: Client, pull: Pull, who: Any) -> None:
    client.force_login(who())
    for address in (NEW, page_of("connection", pull), page_of("pull_key", pull)):
        assert client.get(address).status_code == 403
    assert client.post(page_of("pull_now", pull)).status_code == 403


def test_a_connection_by_webhook_has_no_pull(client: Client, owner: User) -> None:
    from interactions.ingest.connections import change as connections

    given = connections.create(Environment.objects.get(slug="production"), "segment")
    for name in ("pull_now", "pull_again"):
        address = reverse(name, args=["production", given.connection.pk])
        assert client.post(address).status_code == 404


def test_a_pull_has_no_address_and_no_secret_for_signatures(client: Client, owner: User, pull: Pull) -> None:
    for name in ("connection_rotate", "connection_secret"):
        assert client.get(page_of(name, pull)).status_code == 404
    assert "deletes its key" in text_of(client, page_of("connection_remove", pull))
