"""Each event is told once when it happens, and not when it doesn't."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from interactions import privacy
from interactions.models import Environment, Import, Notification, NotificationDelivery
from interactions.notifications import conditions, tell
from interactions.notifications.events import NotifiedEvent
from tests import cast
from tests.ingest.imports.files import BAD, as_lines, records
from tests.ingest.imports.house import House
from tests.privacy.people import ANN, crowd

from .told import channel, own, titles

Event = NotifiedEvent


def test_a_finished_import_is_told_once(house: House, environment: Environment) -> None:
    channel(environment)
    imp = house.done(as_lines(records(10)))
    house.do(("finish_import", imp.pk))  # a repeated task
    assert titles(Event.IMPORT_FINISHED) == [f"Import {imp.pk} finished in Production"]
    assert NotificationDelivery.objects.count() == 1
    told = Notification.objects.get()
    assert told.details == {"import": imp.pk, "accepted": 10, "rejected": 0, "duplicates": 0}
    assert told.path == f"/production/interactions/imports/{imp.pk}/"


def test_nobody_is_told_of_what_they_did_not_choose(house: House, environment: Environment) -> None:
    channel(environment, events=[Event.IMPORT_FAILED.value])
    channel(environment, is_paused=True)
    channel(Environment.objects.get(slug="playground"))
    house.done(as_lines(records(10)))
    assert titles(Event.IMPORT_FINISHED) and not NotificationDelivery.objects.exists()


def test_a_failed_import_is_told_once_and_again_when_it_fails_again(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    imp = house.done(as_lines([BAD, BAD]), name="bad.json")
    assert imp.state == Import.State.FAILED
    assert titles(Event.IMPORT_FAILED) == [f"Import {imp.pk} failed in Production"]
    assert not titles(Event.IMPORT_FINISHED)
    told = Notification.objects.get(event=Event.IMPORT_FAILED)
    assert "bad.json" not in told.text + told.title + json.dumps(told.details)


def test_a_cancelled_import_is_not_told(house: House, environment: Environment) -> None:
    from interactions.ingest import imports

    imp = house.started(as_lines(records(10)))
    house.ask(imports.cancel, imp)
    house.carry()
    assert not Notification.objects.exists()


def test_many_rejected_records_of_an_import_are_told_above_the_share(house: House, environment: Environment) -> None:
    house.done(as_lines([*records(9), BAD]), name="a.json")
    assert titles(Event.MANY_REFUSED) == [f"10.0% of import {Import.objects.get().pk} was rejected in Production"]
    house.done(as_lines([*records(39, start=100), BAD]), name="b.json")
    assert len(titles(Event.MANY_REFUSED)) == 1  # 2.5% are fewer than 5%


def test_a_verified_deletion_is_told_once_without_a_name(house: House, environment: Environment, folders: Path) -> None:
    house.done(as_lines(crowd()))
    request = house.ask(privacy.request, environment, [ANN], asked_by="Ann Shirley", reference="T-1")
    house.carry()
    request.refresh_from_db()
    assert request.state == "verified", request.error
    assert titles(Event.DELETION_VERIFIED) == [f"Deletion request {request.pk} is verified in Production"]
    told = Notification.objects.get(event=Event.DELETION_VERIFIED)
    said = f"{told.text} {json.dumps(told.details)}"
    assert "10 records" in said and ANN not in said and "Shirley" not in said


def test_a_deadline_is_told_once_when_it_is_near_and_once_when_it_is_over(
    house: House, environment: Environment
) -> None:
    request = house.ask(privacy.request, environment, [ANN])
    conditions.check()
    assert not titles(Event.DELETION_DUE)
    for due_in, expected in ((timedelta(days=2), 1), (timedelta(days=2), 1), (timedelta(hours=-1), 2)):
        type(request).objects.filter(pk=request.pk).update(due_at=timezone.now() + due_in)
        conditions.check()
        assert len(titles(Event.DELETION_DUE)) == expected
    assert "overdue" in titles(Event.DELETION_DUE)[1]


def test_a_deadline_of_what_is_done_is_not_told(house: House, environment: Environment) -> None:
    request = house.ask(privacy.request, environment, [ANN])
    type(request).objects.update(state="verified", due_at=timezone.now())
    conditions.check()
    assert not titles(Event.DELETION_DUE)


def test_members_are_told_what_their_role_may_know(house: House, environment: Environment) -> None:
    viewer, owner = own(environment, cast.viewer()), own(environment)
    with house.at_work():
        for event in (Event.DELETION_VERIFIED, Event.IMPORT_FINISHED):
            tell.tell(event, environment, key=event, title="It happened", text="So it is.")
    told = NotificationDelivery.objects.values_list("channel_id", "notification__event")
    assert set(told) == {
        (owner.pk, Event.DELETION_VERIFIED),
        (owner.pk, Event.IMPORT_FINISHED),
        (viewer.pk, Event.IMPORT_FINISHED),
    }


def test_who_is_no_member_any_more_is_not_told(house: House, environment: Environment) -> None:
    own(environment, cast.stranger())
    tell.tell(Event.IMPORT_FINISHED, environment, key="k", title="It happened", text="So it is.")
    assert not NotificationDelivery.objects.exists()


def test_two_processes_that_see_the_same_tell_it_once(environment: Environment) -> None:
    channel(environment)
    for _ in range(2):
        tell.tell(Event.DISK_LOW, None, key="same", title="It happened", text="So it is.")
    assert Notification.objects.count() == NotificationDelivery.objects.count() == 1


def test_what_concerns_the_whole_dojo_is_told_each_address_once(environment: Environment) -> None:
    for row in Environment.objects.all():
        channel(row)
    tell.tell(Event.DISK_LOW, None, key="k", title="It happened", text="So it is.")
    assert NotificationDelivery.objects.count() == 1


def test_an_import_ends_though_nobody_can_be_told(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def broken(_: Notification) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(tell, "_add", broken)
    assert house.done(as_lines(records(3))).is_done
