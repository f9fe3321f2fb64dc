"""``manage.py keep_index`` keeps the event index of each environment, whatever becomes of another's."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command

from interactions.analytics.index import store
from interactions.analytics.index.keep import Keeper
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
            raise OSError("No space left on device")
        build(keeper, *given)

    with patch.object(Keeper, "_build", full):
        assert not keep_index._round({}, threading.Event())
    assert (events("production"), events("staging")) == (None, 1)
    assert "The event index of production could not be kept" in caplog.text
    assert keep_index._round({}, threading.Event())
    assert events("production") == 1


def test_it_ends_between_two_turns_when_it_is_told_to() -> None:
    append([record(user_id="u1")])
    stopped = threading.Event()
    stopped.set()
    assert keep_index._round({}, stopped)
    assert events("production") is None
