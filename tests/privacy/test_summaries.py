"""Summaries count nobody who is hidden, and nothing is left in them of who was erased."""

from zoneinfo import ZoneInfo

from interactions.contract.tombstones import Tombstones
from interactions.models import DeletionRequest, Environment
from interactions.privacy import derived
from interactions.queries import dashboard
from interactions.queries.covering import cover
from interactions.queries.segments import Store
from tests.ingest.imports.files import as_lines, records
from tests.ingest.imports.house import House

from .people import asked, crowd, erased

ZONE = ZoneInfo("UTC")


def people() -> tuple[int, int]:
    totals = dashboard.totals("production")
    assert totals
    return totals.interactions, totals.people


def test_counts_from_summaries_fall_at_once(house: House) -> None:
    house.done(as_lines(crowd()))
    assert cover("production", ZONE) == 1
    assert people() == (40, 31)
    asked(house)
    assert people() == (30, 30)


def test_segments_that_hold_an_erased_person_go_with_the_parts(house: House) -> None:
    house.done(as_lines(crowd()))
    house.done(as_lines(records(10, start=100)))
    cover("production", ZONE)
    before = {segment.folder for segment in Store("production").all()}
    request = erased(house)
    assert request.state == DeletionRequest.State.VERIFIED, request.error
    assert not before & {segment.folder for segment in Store("production").all()}
    assert not [folder for folder in before if folder.exists()]
    cover("production", ZONE)
    assert people() == (40, 40)


def test_a_segment_that_still_holds_somebody_is_counted(house: House) -> None:
    house.done(as_lines(crowd()))
    cover("production", ZONE)
    request = asked(house)
    stones = request.tombstones.stones()
    here = Environment.objects.get(slug="production")
    assert derived.count(here, Tombstones.of(stones)).total() > 0
