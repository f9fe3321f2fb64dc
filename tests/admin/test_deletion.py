"""Deletion requests in Django's admin: from the form to the receipt, by the desk's use cases and under its rights."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from interactions import privacy
from interactions.access.roles import Role
from interactions.models import ActivityEntry, DeletionRequest, Environment
from tests import cast
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House, users
from tests.pages import text_of
from tests.privacy.people import ANN
from tests.privacy.test_links import BROWSER, TABLET, home

__all__ = ["folders", "house"]

LIST = "/admin/interactions/deletionrequest/"
State = DeletionRequest.State


def staff(name: str, role: Role | None, *environments: str) -> User:
    user = cast.member(name, role, *environments)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def petra(client: Client, db: None) -> User:
    """A privacy admin who is staff, logged in."""
    user = staff("petra", Role.PRIVACY)
    client.force_login(user)
    return user


def added(client: Client, ids: str = ANN, environment: str = "production", **given: object) -> DeletionRequest:
    here = Environment.objects.get(slug=environment)
    answer = client.post(f"{LIST}add/", {"environment": here.pk, "ids": ids, **given})
    assert answer.status_code == 302, answer.content.decode()
    return DeletionRequest.objects.get(pk=int(answer["Location"].split("/")[-3]))


def page(request: DeletionRequest) -> str:
    return f"{LIST}{request.pk}/change/"


def press(client: Client, house: House, request: DeletionRequest, step: str, **given: object) -> str:
    """What the page says after the button was pressed."""
    answer = house.ask(client.post, page(request), {"step": step, **given}, follow=True)
    request.refresh_from_db()
    return str(answer.content.decode())


def test_a_request_goes_from_the_form_to_its_receipt(client: Client, petra: User, house: House) -> None:
    house.done(as_lines(home()))
    file = SimpleUploadedFile("ids.csv", b"user_id\nnobody\n")
    request = added(client, file=file, asked_by="A letter", reference="Letter 7")
    text = text_of(client, page(request))
    for fact in ("Letter 7", "A letter", ANN, "nobody", "Not in the data", BROWSER, TABLET, "4 records"):
        assert fact in text
    assert len(users()) == 9
    press(client, house, request, "hide", delay="0")
    assert request.state == State.HIDDEN
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.erased, len(users())) == (State.VERIFIED, 4, 5)
    text = text_of(client, page(request))
    assert f"/production/privacy/requests/{request.pk}/receipt.json" in text
    assert json.loads(client.get(f"/production/privacy/requests/{request.pk}/receipt.json").content)["left"] == 0
    noted = ActivityEntry.objects.filter(action__in=["deletion_received", "deletion_hidden"])
    assert {entry.actor for entry in noted} == {"petra"} and noted.count() == 2
    assert ANN not in json.dumps(list(ActivityEntry.objects.values_list("details", "object")))


def test_the_preview_is_changed_link_by_link_and_person_by_person(client: Client, petra: User, house: House) -> None:
    house.done(as_lines(home()))
    request = added(client, f"{ANN}\nbob")
    tablet = request.links.filter(anonymous_id=TABLET).values_list("anonymous_key", flat=True)[0]
    press(client, house, request, "link", key=tablet, take="1")
    assert request.links.filter(anonymous_key=tablet, is_taken=True).exists()
    press(client, house, request, "leave_out", key=request.named.get(identifier="bob").pk)
    assert list(request.named.values_list("identifier", flat=True)) == [ANN]
    press(client, house, request, "count")
    assert request.people == 1


def test_an_anonymous_id_is_added_by_itself(client: Client, petra: User, house: House) -> None:
    request = added(client, " browser, 1 ", kind="anonymous")
    assert [(row.identifier, row.is_anonymous) for row in request.named.all()] == [(" browser, 1 ", True)]


def test_what_cannot_be_taken_in_is_said_in_the_form(client: Client, petra: User) -> None:
    here = Environment.objects.get(slug="production")
    text = client.post(f"{LIST}add/", {"environment": here.pk, "ids": "x" * 600}).content.decode()
    assert "no user id has more than 512 characters" in text and not DeletionRequest.objects.exists()


def test_a_request_is_cancelled_and_a_failed_one_is_tried_again(client: Client, petra: User, house: House) -> None:
    request = added(client)
    press(client, house, request, "hide", delay="3600")
    assert "Hidden" in text_of(client, page(request))
    press(client, house, request, "cancel")
    assert request.state == State.CANCELLED
    other = added(client)
    DeletionRequest.objects.filter(pk=other.pk).update(state=State.FAILED, hidden_at=other.received_at)
    press(client, house, other, "retry")
    assert other.state == State.HIDDEN and ("erase_people", other.pk) in house.queue


def test_a_second_person_approves_and_the_first_cannot(client: Client, petra: User, house: House) -> None:
    Environment.objects.filter(slug="production").update(needs_approval=True)
    request = added(client)
    press(client, house, request, "hide", delay="0")
    assert "Someone other than you" in text_of(client, page(request))
    assert "Someone else must approve this" in press(client, house, request, "approve")
    assert bulk(client, house, "approve", request, confirmed="1") and request.approved_at is None
    client.force_login(staff("paul", Role.PRIVACY))
    press(client, house, request, "approve")
    assert request.approved_at is not None
    assert ActivityEntry.objects.get(action="deletion_approved").actor == "paul"


def bulk(client: Client, house: House, name: str, *requests: DeletionRequest, **given: str) -> str:
    rows = {"_selected_action": [each.pk for each in requests], "action": name, **given}
    answer = house.ask(client.post, LIST, rows, follow=True)
    for each in requests:
        each.refresh_from_db()
    return str(answer.content.decode())


def test_several_are_hidden_at_once_after_a_question(client: Client, petra: User, house: House) -> None:
    one, other, ended = added(client), added(client, "bob"), added(client, "cid")
    privacy.cancel(ended)
    text = bulk(client, house, "hide", one, other, ended)
    assert "Hide and erase?" in text and one.state == State.RECEIVED
    text = bulk(client, house, "hide", one, other, ended, confirmed="1")
    assert (one.state, other.state, ended.state) == (State.HIDDEN, State.HIDDEN, State.CANCELLED)
    assert one.erase_from is not None and "is already cancelled" in text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, None])
def test_staff_without_the_right_can_do_nothing_here(client: Client, house: House, role: Role | None) -> None:
    request = privacy.request(Environment.objects.get(slug="production"), [ANN])
    client.force_login(staff("somebody", role))
    for address in (LIST, f"{LIST}add/", page(request), f"{LIST}{request.pk}/history/", f"{LIST}{request.pk}/delete/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"step": "cancel"}).status_code == 403
    request.refresh_from_db()
    assert request.state == State.HIDDEN


def test_the_right_in_one_environment_is_none_in_another(client: Client, house: House) -> None:
    client.force_login(staff("pia", Role.PRIVACY, "playground"))
    there = privacy.request(Environment.objects.get(slug="production"), [ANN])
    assert f"/{there.pk}/change/" not in text_of(client, LIST)
    assert client.get(page(there)).status_code == 404
    assert client.post(page(there), {"step": "cancel"}).status_code == 404
    bulk(client, house, "cancel", there, confirmed="1")
    assert there.state == State.HIDDEN
    here = Environment.objects.get(slug="production")
    assert client.post(f"{LIST}add/", {"environment": here.pk, "ids": "bob"}).status_code == 200
    assert DeletionRequest.objects.count() == 1
    assert added(client, environment="playground").environment.slug == "playground"


def test_nobody_deletes_a_request_or_changes_it_by_hand(client: Client, db: None, house: House) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    request = privacy.request(Environment.objects.get(slug="production"), [ANN])
    assert client.post(f"{LIST}{request.pk}/delete/", {"post": "yes"}).status_code == 403
    press(client, house, request, "nonsense", state="verified", people="7")
    assert (request.state, request.people) == (State.HIDDEN, 1)


def test_desk_and_admin_lead_to_each_other_for_staff_alone(client: Client, petra: User) -> None:
    request = added(client)
    desk = f"/production/privacy/requests/{request.pk}/"
    assert desk in text_of(client, page(request)) and page(request) in text_of(client, desk)
    assert LIST in text_of(client, "/production/privacy/requests/")
    client.force_login(cast.privacy_admin("paul"))
    assert "/admin/" not in text_of(client, desk) + text_of(client, "/production/privacy/requests/")
