"""People who are erased leave nothing in the event index."""

from __future__ import annotations

from unittest.mock import patch

from interactions.analytics import keeper as keep
from interactions.analytics.index import store
from interactions.analytics.keeper import Keeper
from interactions.contract.tombstones import Tombstones
from interactions.models import DeletionRequest
from interactions.warehouse.people import hidden
from tests.ingest.imports.files import as_lines, records
from tests.ingest.imports.house import House

from .people import asked, crowd, erased


def settled() -> int:
    keeper = Keeper("production")
    while keeper.turn():
        pass
    index = store.open("production")
    assert index is not None
    return len(index)


def test_the_index_leaves_hidden_people_out_and_forgets_erased_ones(house: House) -> None:
    house.done(as_lines(crowd()))
    house.done(as_lines(records(60, start=100)))
    assert settled() == 100
    request = asked(house)
    people = Tombstones.of(request.tombstones.stones())
    assert settled() == 90 and len(hidden("production")) == 1
    assert keep.count("production", people) == 10
    house.carry("erase_people")
    request.refresh_from_db()
    assert request.state == DeletionRequest.State.VERIFIED, request.error
    assert keep.count("production", people) == 0
    assert settled() == 90


def test_an_erasure_that_leaves_somebody_in_the_index_is_not_verified(house: House) -> None:
    house.done(as_lines(crowd()))
    settled()
    with patch.object(keep, "erase", lambda environment, people: None):
        assert erased(house).state == DeletionRequest.State.FAILED


def test_without_an_index_there_is_nothing_to_erase(house: House) -> None:
    house.done(as_lines(crowd()))
    assert erased(house).state == DeletionRequest.State.VERIFIED
    assert store.open("production") is None
