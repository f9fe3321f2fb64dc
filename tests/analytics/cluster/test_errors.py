"""A cluster that is away, silent or refuses gets a sentence on the page, and never a failed page."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from dojo import health
from interactions.analytics.cluster import connection
from interactions.analytics.cluster.choice import is_chosen
from interactions.analytics.cluster.errors import ClusterAway, ClusterRefused, ClusterSlow, SparkClientMissing
from interactions.analytics.data_sets import opened, standing
from interactions.analytics.index import store
from interactions.analytics.keeper import Keeper
from interactions.analytics.lag import indexed_version
from interactions.analytics.reports.totals import count, totals
from interactions.warehouse.lake import Lake
from tests import cast
from tests.lakes import append, record
from tests.processes import free_port

PAGE = "/production/interactions/"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def with_records(settings: Any) -> Iterator[None]:
    settings.ENGINE, settings.ENGINE_TIMEOUT_SECONDS = "ALWAYS", 60
    append([record("click"), record("search")])
    yield
    connection.close()


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(cast.viewer())
    return client


@pytest.fixture
def nobody(settings: Any) -> str:
    """An address at which nobody listens."""
    settings.ENGINE_URL = f"sc://127.0.0.1:{free_port()}"
    return settings.ENGINE_URL.removeprefix("sc://")


@pytest.fixture
def silent(settings: Any) -> Iterator[None]:
    """Somebody listens, and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        settings.ENGINE_URL, settings.ENGINE_TIMEOUT_SECONDS = f"sc://127.0.0.1:{server.getsockname()[1]}", 1
        yield


def test_of_a_cluster_that_is_away_the_page_says_so(nobody: str, viewer: Client) -> None:
    with pytest.raises(ClusterAway, match=nobody):
        totals(opened("production"))
    answer = viewer.get(PAGE, headers=FRAGMENT)
    assert answer.status_code == 503
    assert f"The query engine at {nobody} doesn't answer." in answer.content.decode()


def test_a_cluster_that_says_nothing_is_not_waited_for(silent: None) -> None:
    with pytest.raises(ClusterSlow, match="didn't finish within 1 seconds"):
        count(opened("production"))


def test_a_cluster_that_cannot_read_the_lake_refuses(sail: str, settings: Any) -> None:
    settings.ENGINE_URL, settings.ENGINE_LAKE_URL = sail, "/nowhere"
    with pytest.raises(ClusterRefused, match="can read the lake"):
        count(opened("production"))


def test_what_a_cluster_says_of_an_error_is_not_logged(
    sail: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ENGINE_URL, settings.ENGINE_LAKE_URL = sail, "/somebody@example.com"
    with pytest.raises(ClusterRefused):
        count(opened("production"))
    assert "gave no answer" in caplog.text
    assert "somebody" not in caplog.text


def test_the_next_question_finds_a_cluster_that_was_away(nobody: str, sail: str, settings: Any) -> None:
    with pytest.raises(ClusterAway):
        count(opened("production"))
    settings.ENGINE_URL = sail
    assert count(opened("production")) == 2


def test_without_the_client_a_sentence_says_how_to_get_it(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pyspark")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(SparkClientMissing, match="make setup EXTRAS=cluster"):
        count(opened("production"))


def test_health_names_the_cluster_where_there_is_one(nobody: str, sail: str, settings: Any) -> None:
    assert health.check()["engine"] == health.SILENT
    settings.ENGINE_URL = sail
    assert health.check()["engine"] == health.OK
    settings.ENGINE_URL = ""
    assert "engine" not in health.check()


def test_a_cluster_answers_for_what_is_too_large_to_index(nobody: str, settings: Any) -> None:
    settings.ENGINE, settings.INDEX_MAX_RECORDS = "LARGE", 2
    assert not is_chosen("production")
    assert Keeper("production").turn()
    assert store.open("production") is not None
    append([record("click")])
    assert is_chosen("production")
    assert not is_chosen("playground")  # has no table
    found = standing("production")
    assert (found.version, found.is_behind, found.is_empty) == (Lake("production").version(), False, False)
    assert Keeper("production").turn()  # makes room
    assert store.open("production") is None
    assert not Keeper("production").turn()
    assert indexed_version("production") == Lake("production").version()


def test_a_page_is_answered_by_the_cluster(sail: str, settings: Any, viewer: Client) -> None:
    settings.ENGINE_URL = sail
    answer = viewer.get(PAGE, headers=FRAGMENT)
    assert answer.status_code == 200
    by_cluster = answer.content.decode()
    settings.ENGINE_URL = ""
    settings.INDEX_EAGERLY = True
    by_index = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    assert without_tokens(by_cluster) == without_tokens(by_index)


def without_tokens(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf" not in line.lower() and "nonce" not in line.lower())
