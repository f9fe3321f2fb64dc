"""``manage.py keep_index`` keeps the event index of each environment, whatever becomes of another's."""

from __future__ import annotations

import errno
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import OperationalError

from interactions.analytics.index import manifest, store
from interactions.analytics.keeper import Keeper
from interactions.management.commands import keep_index
from interactions.models import Environment
from tests.lakes import append, record


@pytest.fixture(autouse=True)
def folders(db: None, settings: Any, tmp_path: Path) -> None:
    settings.LAKE_DIR, settings.INDEX_DIR = tmp_path / "lake", tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    Environment.objects.get_or_create(slug="staging", defaults={"name": "Staging"})


def events(environment: str) -> int | None:
    index = store.open(environment)
    return None if index is None else len(index)


def test_once_brings_every_index_up_to_date() -> None:
    append([record(user_id="u1"), record()], environment="staging")
    append([record(user_id="u1")])
    with patch.object(keep_index, "close_old_connections"), patch("signal.signal"):  # the test's own stay
        call_command("keep_index", once=True)
    assert (events("production"), events("staging")) == (1, 2)


def test_one_that_fails_does_not_keep_others_from_theirs(caplog: pytest.LogCaptureFixture) -> None:
    append([record(user_id="u1")], environment="staging")
    append([record(user_id="u1")])
    build = Keeper._build

    def full(keeper: Keeper, *given: Any) -> None:
        if keeper.environment == "production":
            raise ValueError("something is wrong")
        build(keeper, *given)

    keepers: dict[str, Keeper] = {}
    with patch.object(Keeper, "_build", full):
        assert not keep_index._round(keepers, threading.Event())
    assert (events("production"), events("staging")) == (None, 1)
    assert "The event index of production can't be kept" in caplog.text
    assert keep_index._round(keepers, threading.Event())
    assert events("production") == 1


@pytest.mark.parametrize("what", ["a build", "an append"])
def test_a_full_disk_is_one_sentence_and_the_last_version_stays_until_there_is_room(
    what: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    keepers: dict[str, Keeper] = {}
    before = None
    if what == "an append":
        append([record(user_id="u1")])
        assert keep_index._round(keepers, threading.Event())
        before = 1
    append([record(user_id="u2")])
    caplog.clear()

    def full(*given: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "sync", full)
        assert not keep_index._round(keepers, threading.Event())
        assert events("production") == before
    [said] = [each for each in caplog.records if " production " in each.getMessage()]
    assert "The disk is full: free up some space" in said.getMessage() and said.exc_info is None
    assert keep_index._round(keepers, threading.Event())
    assert events("production") == (before or 0) + 1
    assert not store.strays("production")


def test_a_database_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    append([record(user_id="u1")])
    away = patch.object(Environment.objects, "values_list", side_effect=OperationalError("could not connect"))
    with away, patch.object(keep_index, "connection"):  # the test's own stays
        assert not keep_index._round({}, threading.Event())
    assert "The environments can't be read" in caplog.text
    assert keep_index._round({}, threading.Event())
    assert events("production") == 1


def test_it_ends_between_two_turns_when_it_is_told_to() -> None:
    append([record(user_id="u1")])
    stopped = threading.Event()
    stopped.set()
    assert keep_index._round({}, stopped)
    assert events("production") is None
