"""Who asked to be erased is seen nowhere any more, before any task has run."""

from pathlib import Path

import pytest
from django.core.management import call_command

from interactions.analytics.periods import Unit
from interactions.models import DeletionRequest, Environment, Tombstone
from tests import figures
from tests.ingest.imports.files import as_lines, record, records
from tests.ingest.imports.house import House

from .people import ANN, asked, crowd, later, of_ann


def counts() -> dict[str, object]:
    totals = figures.totals("production")
    types = figures.by_type("production")
    return {
        "totals": totals and (totals.interactions, totals.users, totals.products),
        "by type": dict(zip(types["type"], types["records"], strict=True)),
        "over time": int(figures.over_time("production", figures.EVERYTHING, Unit.DAY).to_numpy().sum()),
    }


def test_all_counts_fall_by_the_persons_records_at_once(house: House) -> None:
    house.done(as_lines(crowd()))
    assert counts()["totals"] == (40, 31, 40)  # which is remembered now
    asked(house)
    assert house.queue[0][0] == "erase_people"
    assert counts() == {"totals": (30, 30, 30), "by type": {"product_detail_page_view": 30}, "over time": 30}


def test_records_without_a_user_stay_visible(house: House) -> None:
    house.done(as_lines([record(1, user_id=None), record(2, user_id=None, anonymous_id="a"), of_ann(3)]))
    asked(house)
    assert figures.totals("production").interactions == 2


def test_what_is_newer_than_the_request_stays_visible(house: House) -> None:
    house.done(as_lines(crowd()))
    asked(house)
    house.done(as_lines([later(100)]))
    assert counts()["totals"] == (31, 31, 31)


def test_an_environment_of_which_all_are_hidden_is_empty(house: House) -> None:
    house.done(as_lines([of_ann(1), of_ann(2)]))
    asked(house)
    assert figures.totals("production") is None
    assert not figures.has_records("production")


def test_people_of_another_environment_are_not_hidden(house: House) -> None:
    house.done(as_lines(crowd()))
    asked(house, environment="playground")
    assert counts()["totals"] == (40, 31, 40)


def test_what_is_remembered_from_before_is_not_used_while_people_are_hidden(house: House) -> None:
    house.done(as_lines(crowd()))
    before = counts()
    request = asked(house)
    house.done(as_lines(records(10, start=100)))  # the remembered part of the answer could be built upon
    assert counts()["totals"] == (40, 40, 40)
    house.carry()
    assert counts()["totals"] == (40, 40, 40)
    assert before["totals"] == (40, 31, 40)
    request.refresh_from_db()
    assert request.state == DeletionRequest.State.VERIFIED


def test_an_export_leaves_hidden_people_out(house: House, tmp_path: Path) -> None:
    house.done(as_lines(crowd()))
    asked(house)
    call_command("export_interactions", tmp_path / "all.jsonl", verbosity=0)
    exported = (tmp_path / "all.jsonl").read_text()
    assert len(exported.splitlines()) == 30
    assert ANN not in exported


def test_a_request_names_people_by_keyed_hashes_only(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        asked(house)
    kept = [*DeletionRequest.objects.values(), *Tombstone.objects.values()]
    assert ANN not in str(kept)
    assert ANN not in caplog.text
    assert Tombstone.objects.count() == 1


def test_who_is_hidden_is_so_as_of_the_request(house: House) -> None:
    house.done(as_lines([of_ann(1, anonymous_id="ann-s-phone")]))
    request = asked(house)
    stones = request.tombstones.values_list("environment__slug", "at", "is_for_good", "is_erased")
    assert list(stones) == [("production", request.hidden_at, False, False)] * 2


def test_a_person_named_twice_is_one(house: House) -> None:
    assert asked(house, ANN, "bob", ANN).people == 2


def test_a_request_for_nobody_is_refused_with_a_sentence(house: House) -> None:
    from interactions import privacy

    with pytest.raises(privacy.NobodyNamed, match="Enter at least one id"):
        privacy.request(Environment.objects.get(slug="production"), [])
