"""A request is prepared, looked at and changed before anything happens; its ids are kept until people are hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from interactions import privacy
from interactions.models import (
    ActivityEntry,
    DeletionRequest,
    DeletionStep,
    Environment,
    RequestedLink,
    RequestedPerson,
    Tombstone,
)
from interactions.privacy import erasure as carrying
from interactions.privacy import preview, receipts
from interactions.privacy.ids import About, Id
from tests import cast
from tests.ingest.imports.files import as_lines, record
from tests.ingest.imports.house import House, users

from .people import ANN, asked, crowd, erased, later
from .test_links import BROWSER, TABLET, home, shown

State = DeletionRequest.State


@pytest.fixture
def petra(db: None) -> User:
    return cast.privacy_admin()


def production(**settings: Any) -> Environment:
    Environment.objects.filter(slug="production").update(**settings)
    return Environment.objects.get(slug="production")


def prepared(*user_ids: str, by: User | None = None, **about: Any) -> DeletionRequest:
    return preview.prepare(production(), map(Id, user_ids or [ANN]), About(**about), by)


def test_a_preview_says_what_there_is_and_hides_nothing(house: House, petra: User) -> None:
    house.done(as_lines(home()))
    request = prepared(ANN, "nobody", by=petra)
    found = preview.preview(request)
    assert (found.people, found.unknown, found.records, found.alone, found.total) == (2, 1, 2, 2, 4)
    assert (found.links, found.links_taken, found.links_shared) == (2, 1, 1)
    assert found.types == {"product_detail_page_view": 2}
    assert (request.state, shown(), house.queue) == (State.RECEIVED, 9, [])


def test_each_link_names_its_first_record_and_a_shared_device_is_left_out(house: House) -> None:
    house.done(as_lines(home()))
    links = {link.anonymous_id: link for link in prepared().links.all()}
    assert (links[BROWSER].is_taken, links[BROWSER].users, links[BROWSER].records, links[BROWSER].alone) == (
        True,
        1,
        1,
        2,
    )
    assert (links[TABLET].is_taken, links[TABLET].users, links[TABLET].alone) == (False, 2, 1)
    assert links[BROWSER].first_at.isoformat() == "2024-03-01T00:00:03+00:00"


@pytest.mark.parametrize(("taken", "left"), [([BROWSER, TABLET], 4), ([], 7), ([TABLET], 6)])
def test_links_go_as_they_were_chosen(house: House, taken: list[str], left: int) -> None:
    house.done(as_lines(home()))
    request = prepared()
    for link in request.links.all():
        preview.choose_link(request, link.anonymous_key, is_taken=link.anonymous_id in taken)
    promised = preview.preview(request).total
    house.ask(privacy.hide, request)
    assert shown() == left == 9 - promised
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.erased, len(users())) == (State.VERIFIED, promised, left)


def test_a_choice_stays_when_it_is_counted_again(house: House) -> None:
    house.done(as_lines(home()))
    request = prepared()
    link = request.links.get(anonymous_id=BROWSER)
    preview.choose_link(request, link.anonymous_key, is_taken=False)
    house.done(as_lines([record(30, user_id=ANN)]))
    preview.count(request)
    assert (preview.preview(request).records, request.links.get(anonymous_id=BROWSER).is_taken) == (3, False)


def test_a_person_can_be_taken_out_but_not_the_last_one(house: House) -> None:
    house.done(as_lines(home()))
    request = prepared(ANN, "bob")
    preview.leave_out(request, request.named.get(identifier=ANN).pk)
    assert list(request.named.values_list("identifier", flat=True)) == ["bob"]
    assert not request.links.exclude(user_key=request.named.get().key).exists()
    with pytest.raises(privacy.NobodyNamed):
        preview.leave_out(request, request.named.get().pk)


def test_ids_are_forgotten_once_people_are_hidden(house: House) -> None:
    house.done(as_lines(home()))
    request = prepared()
    assert RequestedPerson.objects.count() == 1
    house.ask(privacy.hide, request)
    assert not RequestedPerson.objects.exists() and not RequestedLink.objects.exists()
    with pytest.raises(privacy.RequestStateError):
        preview.count(request)


def test_ids_of_a_request_in_preparation_go_when_another_request_erases_them(house: House) -> None:
    house.done(as_lines(home()))
    request = prepared(ANN, "bob")
    assert erased(house, ANN).state == State.VERIFIED
    assert list(request.named.values_list("identifier", flat=True)) == ["bob"]
    assert not request.links.filter(anonymous_id=BROWSER).exists()


@pytest.mark.parametrize("field", ["asked_by", "reference", "note"])
def test_what_is_kept_for_good_may_not_name_the_person(house: House, field: str) -> None:
    with pytest.raises(preview.NamesSomebody, match="leave the id out"):
        prepared(**{field: f"about {ANN.upper()}, please"})
    assert not DeletionRequest.objects.exists()


def test_a_list_without_an_id_makes_no_request(db: None) -> None:
    with pytest.raises(privacy.NobodyNamed):
        preview.prepare(production(), [], About(), None)
    assert not DeletionRequest.objects.exists()


# --- Cancelling, waiting, approving ---


def test_cancelling_shows_the_people_again_and_forgets_them(house: House, petra: User) -> None:
    house.done(as_lines(home()))
    request = prepared(by=petra)
    house.ask(privacy.hide, request, delay=timedelta(hours=1), by=petra)
    assert shown() == 5
    privacy.cancel(request, by=petra)
    assert (request.state, shown(), Tombstone.objects.count()) == (State.CANCELLED, 9, 0)
    house.carry()
    assert len(users()) == 9
    assert house.done(as_lines([record(40, user_id=ANN)])).accepted == 1


def test_it_is_too_late_to_cancel_once_erasing_has_started(house: House) -> None:
    request = asked(house)
    DeletionRequest.objects.filter(pk=request.pk).update(state=State.ERASING)
    with pytest.raises(privacy.RequestStateError, match="erasing has started"):
        privacy.cancel(request)
    assert Tombstone.objects.count() == 1


def test_erasing_waits_for_its_time_and_the_sweep_finds_it_then(house: House) -> None:
    house.done(as_lines(home()))
    request = prepared()
    house.ask(privacy.hide, request, delay=timedelta(hours=1))
    house.carry()
    house.ask(carrying.sweep)
    request.refresh_from_db()
    assert (request.state, house.queue, len(users())) == (State.HIDDEN, [], 9)
    DeletionRequest.objects.update(erase_from=timezone.now() - timedelta(seconds=1))
    house.ask(carrying.sweep)
    house.carry()
    request.refresh_from_db()
    assert request.state == State.VERIFIED


def test_waiting_can_be_cut_short(house: House) -> None:
    request = prepared()
    house.ask(privacy.hide, request, delay=timedelta(hours=1))
    house.carry()
    house.ask(privacy.start_now, request)
    house.carry()
    request.refresh_from_db()
    assert request.state == State.VERIFIED


def test_a_second_person_has_to_approve_where_the_environment_wants_one(house: House, petra: User) -> None:
    house.done(as_lines(home()))
    production(needs_approval=True)
    request = prepared(by=petra)
    house.ask(privacy.hide, request, by=petra)
    house.carry()
    house.ask(carrying.sweep)
    assert (house.queue, shown(), len(users())) == ([], 5, 9)
    with pytest.raises(privacy.RequestStateError, match="Someone else"):
        privacy.approve(request, by=petra)
    olga = cast.owner()
    house.ask(privacy.approve, request, by=olga)
    house.carry()
    request.refresh_from_db()
    assert (request.state, len(users())) == (State.VERIFIED, 5)
    assert [(step.word, step.by) for step in request.steps.all()] == [
        ("received", "petra"), ("hidden", "petra"), ("approved", "olga"), ("erasing", ""), ("verified", ""),
    ]  # fmt: skip


def test_who_hid_the_people_of_another_may_not_approve_it(house: House, petra: User) -> None:
    production(needs_approval=True)
    olga = cast.owner()
    request = prepared(by=petra)
    house.ask(privacy.hide, request, by=olga)
    with pytest.raises(privacy.RequestStateError, match="Someone else"):
        privacy.approve(request, by=olga)


def test_a_deletion_over_the_api_is_hidden_and_waits_for_approval_too(house: House) -> None:
    house.done(as_lines(crowd()))
    production(needs_approval=True)
    request = asked(house)
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.awaits_approval, shown(), len(users())) == (State.HIDDEN, True, 30, 40)


# --- For good ---


def test_a_person_who_is_blocked_for_good_is_refused_whatever_comes(house: House) -> None:
    house.done(as_lines(crowd()))
    request = prepared(is_for_good=True)
    house.ask(privacy.hide, request)
    house.carry()
    request.refresh_from_db()
    assert request.state == State.VERIFIED
    imp = house.done(as_lines([later(1), record(500)]))
    assert (imp.accepted, imp.rejected) == (1, 1)


# --- What is kept ---


def test_steps_are_in_the_activity_log_and_name_nobody(house: House, petra: User) -> None:
    house.done(as_lines(home()))
    request = prepared(by=petra, reference="Letter 7")
    house.ask(privacy.hide, request, by=petra)
    house.carry()
    actions = list(ActivityEntry.objects.filter(object=f"deletion request {request.pk}").order_by("id"))
    assert [entry.action for entry in actions] == [
        "deletion_received", "deletion_hidden", "deletion_erasing", "deletion_verified",
    ]  # fmt: skip
    assert len({entry.shared for entry in actions}) == 1
    kept = [*ActivityEntry.objects.values(), *DeletionStep.objects.values(), *DeletionRequest.objects.values()]
    assert ANN not in str(kept) and BROWSER not in str(kept)


def test_the_receipt_says_what_was_done_and_cannot_be_changed(house: House, petra: User) -> None:
    house.done(as_lines(home()))
    request = prepared(ANN, "nobody", by=petra, reference="Letter 7")
    house.ask(privacy.hide, request, by=petra)
    house.carry()
    request.refresh_from_db()
    receipt = receipts.check(request.receipt)
    said = receipt.said
    assert (said["state"], said["people"]["count"], said["records_erased"]) == ("verified", 2, 4)
    assert said["erased_by_store"]["data set"] == 4
    assert said["table_version"]["before"] < said["table_version"]["after"]
    assert [step["what"] for step in said["steps"]] == ["received", "hidden", "erasing", "verified"]
    assert [receipt.names(each) for each in (ANN, "nobody", BROWSER, "bob", TABLET)] == [True, True, True, False, False]
    assert ANN not in request.receipt
    assert receipts.check(" ".join(request.receipt.split())).said == said  # spacing is nothing
    with pytest.raises(receipts.NoReceipt, match="was changed"):
        receipts.check(request.receipt.replace('"records_erased": 4', '"records_erased": 5'))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "dojo deletion receipt"}', "null", "[" * 100_000])
def test_what_is_no_receipt_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(receipts.NoReceipt):
        receipts.check(text)
