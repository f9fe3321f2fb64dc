"""The Operations page shows administrators of the whole Dojo how it is doing, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dojo import heartbeat, restarts
from dojo.restarts import Restarts
from interactions.models import Environment, Import, InboxEntry
from tests import cast
from tests.lakes import append, record
from tests.pages import HTMX, made, text_of

pytestmark = pytest.mark.django_db

PAGE = "/operations/"


@pytest.fixture
def administrator(client: Client, redis_server: str, settings: Any, tmp_path: Any) -> Client:
    for name in ("lake", "index", "scratch"):
        (tmp_path / name).mkdir()
        setattr(settings, f"{name.upper()}_DIR", tmp_path / name)
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("who", [cast.owner, cast.analyst, cast.viewer, cast.privacy_admin, cast.stranger])
def test_it_is_for_administrators_of_the_whole_dojo_alone(client: Client, who: Any) -> None:
    client.force_login(who())
    assert client.get(PAGE).status_code == 403
    home = client.get("/production/")
    assert PAGE not in home.content.decode()


def test_it_is_in_their_pane_and_keeps_the_environment(administrator: Client) -> None:
    assert f'href="{PAGE}?environment=playground"' in text_of(administrator, "/playground/")
    page = administrator.get(f"{PAGE}?environment=playground")
    assert page.context["navigation"].environment.slug == "playground"
    entries = [entry for section in page.context["navigation"].sections for entry in section.entries]
    assert [entry.name for entry in entries if entry.active] == ["operations"]


def test_it_shows_what_there_is(administrator: Client, settings: Any) -> None:
    append([record(), record()])
    made(Import.State.FAILED)
    InboxEntry.objects.create(
        environment=Environment.objects.get(slug="playground"),
        received_at="2026-01-01T00:00:00Z", records=2, text=b"{}",
    )  # fmt: skip
    Restarts(restarts.path_in(settings.SCRATCH_DIR)).count("worker")
    text = text_of(administrator, PAGE)
    assert f"Dojo {settings.VERSION}" in text
    assert "worker: 1" in text
    assert "1 file, version 1" in text
    assert "1 failed" in text
    assert "Calls to Playground have waited for" in text
    assert "Worker: does not answer." in text  # none beats here


def test_where_all_is_well_it_says_so(administrator: Client, settings: Any) -> None:
    with heartbeat.connect() as redis:
        redis.delete(heartbeat.KEY, heartbeat.INBOX_KEY, heartbeat.STUCK_KEY)
        heartbeat.beat(redis, "one@here")
        heartbeat.beat(redis, "1@here", heartbeat.INBOX_KEY)
        text = text_of(administrator, PAGE)
        redis.delete(heartbeat.KEY, heartbeat.INBOX_KEY)
    assert "Everything is working." in text


def test_without_redis_the_page_is_there(administrator: Client, settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    text = text_of(administrator, PAGE)
    assert "Redis: does not answer." in text
    assert "unknown without Redis" in text


def test_htmx_gets_the_part_that_changes(administrator: Client) -> None:
    whole, part = text_of(administrator, PAGE), text_of(administrator, PAGE, **HTMX)
    assert part.strip().startswith('<div id="operations"')
    assert "<html" in whole
    assert "<html" not in part


def test_the_version_is_in_the_pane_and_on_the_account_page(administrator: Client, settings: Any) -> None:
    text = text_of(administrator, "/account/")
    assert f"Dojo {settings.VERSION}" in text
    assert f"Version {settings.VERSION}" in text
