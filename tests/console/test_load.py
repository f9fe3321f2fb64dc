"""The load page says when nobody does the work, and when it goes on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from redis import Redis

from dojo import heartbeat
from interactions.models import Block, Import
from tests import cast
from tests.pages import HTMX, half_loaded, page_of

pytestmark = pytest.mark.django_db
SILENT = "No worker is responding."
AGAIN = "A worker is responding again. Loading continues."


@pytest.fixture
def signs(redis_server: str) -> "Iterator[Redis]":
    """Where workers leave their signs of life; there is none."""
    with heartbeat.connect() as redis:
        redis.delete(heartbeat.KEY)
        yield redis
        redis.delete(heartbeat.KEY)


@pytest.fixture
def loading(client: Client) -> Import:
    """An import that loads, of which nothing was heard for eleven seconds."""
    client.force_login(cast.viewer("reader"))
    imp = half_loaded()
    heard(imp, 11)
    return imp


def heard(imp: Import, seconds: float) -> None:
    then = timezone.now() - timedelta(seconds=seconds)
    Import.objects.filter(pk=imp.pk).update(heartbeat_at=then)
    Block.objects.filter(of=imp).update(heartbeat_at=then)


def shown(client: Client, imp: Import, query: str = "") -> str:
    return client.get(page_of("import_load", imp) + query, headers=HTMX).content.decode()


def test_after_ten_seconds_it_says_that_no_worker_answers(client: Client, loading: Import, signs: Redis):
    page = shown(client, loading)
    assert SILENT in page and "?waited" in page
    heard(loading, 9)
    assert SILENT not in shown(client, loading)


def test_it_says_nothing_while_a_worker_answers_and_the_import_only_waits_its_turn(
    client: Client, loading: Import, signs: Redis
):
    heartbeat.beat(signs, "one@here")
    page = shown(client, loading)
    assert SILENT not in page and AGAIN not in page and "?waited" not in page


def test_it_says_once_that_the_work_goes_on(client: Client, loading: Import, signs: Redis):
    heartbeat.beat(signs, "one@here")
    page = shown(client, loading, "?waited")
    assert AGAIN in page and "?waited" not in page


def test_a_redis_that_is_away_is_no_worker(client: Client, loading: Import, settings: Any, tmp_path: Any):
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    assert SILENT in shown(client, loading)


def test_an_import_that_has_ended_waits_for_nobody(client: Client, loading: Import, signs: Redis):
    Import.objects.filter(pk=loading.pk).update(state=Import.State.DONE)
    assert SILENT not in shown(client, loading)
