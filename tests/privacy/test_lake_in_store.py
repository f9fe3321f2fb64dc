"""With the table in an object store, imports, questions, undo and erasure do as on a disk; nodes keep nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import redis

from interactions.ingest import imports
from interactions.ingest.imports import commit
from interactions.models import DeletionRequest, Import
from interactions.objects import Objects
from interactions.warehouse.copies import forget_copies
from interactions.warehouse.lake import Held, Lake
from tests import figures
from tests.ingest.imports.crashes import Moment, interrupted
from tests.ingest.imports.files import as_lines, records
from tests.ingest.imports.house import House, rows
from tests.stores import ObjectServer

from .people import ANN, asked, crowd, erased, traces

State = DeletionRequest.State


@pytest.fixture
def lake_url(settings: Any, folders: Path, object_store: ObjectServer) -> str:
    settings.LAKE_URL = f"{object_store.bucket()}/dojo"
    settings.OVERLAPS_URL = f"{settings.LAKE_URL}/.overlaps"
    settings.CACHE_DIR = folders / "here" / "cache"
    return str(settings.LAKE_URL)


def everything(url: str, to: Path) -> Path:
    """A folder with all objects below a URL."""
    for name, _ in Objects(url).names():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        Objects(url).fetch(name, to / name)
    return to


def test_a_file_is_imported_and_its_questions_are_answered(lake_url: str, house: House, settings: Any) -> None:
    imp = house.done(as_lines(crowd()))
    assert (imp.state, imp.accepted) == (Import.State.DONE, 40)
    totals = figures.totals("production")
    assert (totals.interactions, totals.users) == (40, 31)
    assert house.done(as_lines(crowd())).duplicates == 40
    assert not Path(settings.LAKE_DIR).exists()


def test_an_import_is_undone(lake_url: str, house: House) -> None:
    house.done(as_lines(records(5)))
    imp = house.done(as_lines(crowd()))
    house.ask(imports.undo, imp)
    house.carry()
    assert len(rows()) == 5
    assert [name for name, _ in Objects(f"{lake_url}/production").names(f"import-{imp.pk}")] == []


def test_nothing_of_an_erased_person_is_left_in_the_store_nor_on_any_node(
    lake_url: str, house: House, folders: Path, settings: Any
) -> None:
    house.done(as_lines(crowd()))
    here, there = settings.CACHE_DIR, folders / "there" / "cache"
    settings.CACHE_DIR = there
    assert len(rows()) == 40  # which fetches
    settings.CACHE_DIR = here
    assert traces(here) and traces(there) and traces(everything(lake_url, folders / "before"))
    request = asked(house)
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.erased) == (State.VERIFIED, 10)
    assert traces(here) == []
    settings.CACHE_DIR = there
    forget_copies()  # as a process there does when it's told
    assert traces(there) == []
    assert traces(everything(lake_url, folders / "after")) == []
    assert ANN not in {row["user_id"] for row in rows()}


def test_while_the_store_has_what_nobody_can_read_no_erasure_is_verified(lake_url: str, house: House) -> None:
    house.done(as_lines(crowd()))
    with patch.object(Objects, "remove"):
        assert erased(house).state == State.FAILED


@pytest.mark.parametrize("place", ["disk", "store"])
def test_an_import_that_lost_the_lock_while_it_looked_for_duplicates_looks_again(
    request: pytest.FixtureRequest, house: House, settings: Any, place: str
) -> None:
    """Even where it doesn't notice: another import of the same records was committed in between."""
    if place == "store":
        request.getfixturevalue("lake_url")
    content = as_lines(records(10))
    house.done(as_lines(records(1)), environment="playground")
    late = house.read(content)

    def meanwhile() -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            assert client.delete("dojo:lake:production")
        first = house.read(content)
        house.do(("finish_import", first.pk))

    finish = ("finish_import", late.pk)
    with patch.object(Held, "require"), interrupted(Moment(commit, "_sift"), meanwhile):
        house.do(finish)
    late.refresh_from_db()
    assert (late.state, len(rows())) == (Import.State.LOADING, 10)
    house.do(finish)
    late.refresh_from_db()
    assert (late.state, late.duplicates, len(rows())) == (Import.State.DONE, 10, 10)
    assert not Lake("production").has_mark(f"import:{late.pk}")
