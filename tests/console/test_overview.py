"""The overview: what it says of a data set, and what it offers to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from interactions.access import keys
from interactions.models import ApiKey, Environment
from tests import cast
from tests.lakes import append, record
from tests.pages import State, made, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/"


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(cast.viewer())
    return client


def test_size_and_growth_are_told(reader: Client) -> None:
    append([record(user_id="u1", product_ids=["p1"], received_at=timezone.now())] * 3)
    append([record(user_id="u2", received_at=timezone.now())], import_id=0)
    page = text_of(reader, PAGE)
    assert ">4</span>" in page
    assert "2 people, 1 product" in page
    assert "<strong>4</strong> records added in the last 7 days" in page
    assert "3 by import, 1 live" in page


def test_health_is_asked_for_once_the_page_is_there(reader: Client) -> None:
    append([record()])
    assert 'hx-get="/production/overview/health/"' in text_of(reader, PAGE)
    assert "Not yet ready" in text_of(reader, "/production/overview/health/")


def test_live_calls_of_the_last_minutes_are_counted(reader: Client) -> None:
    append([record()])
    assert "records in 0 calls, last 10 minutes" in text_of(reader, PAGE)


def test_the_page_stands_without_redis(reader: Client, settings: Any) -> None:
    append([record()])
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Calls can't be shown right now" in text_of(reader, PAGE)


def test_an_empty_environment_says_what_to_do(client: Client) -> None:
    client.force_login(cast.analyst())
    page = text_of(client, PAGE)
    assert "Production has no interactions yet" in page
    assert "Load sample data" in page


def test_keys_that_expire_soon_are_pointed_out_to_who_may_rotate_them(client: Client) -> None:
    here = Environment.objects.get(slug="production")
    for name, days in (("soon", 3), ("later", 30)):
        keys.create(here, kind=ApiKey.Kind.SECRET, name=name, expires_at=timezone.now() + timedelta(days=days))
    client.force_login(cast.owner())
    page = text_of(client, PAGE)
    assert "<strong>soon</strong>" in page and "<strong>later</strong>" not in page
    client.force_login(cast.viewer())
    assert "<strong>soon</strong>" not in text_of(client, PAGE)


def test_the_last_imports_are_listed(reader: Client) -> None:
    append([record()])
    made(State.DONE_WITH_REJECTS, file_name="june.json", records=10, accepted=8, rejected=2)
    page = text_of(reader, PAGE)
    assert "june.json" in page and "8 accepted, 2 rejected" in page
    assert "See why 2 records were rejected" in page


def test_a_single_rejected_record_is_spoken_of_as_one(reader: Client) -> None:
    append([record()])
    made(State.DONE_WITH_REJECTS, file_name="june.json", records=10, accepted=9, rejected=1)
    page = text_of(reader, PAGE)
    assert "See why 1 record was rejected" in page and "fix it and import it again" in page
