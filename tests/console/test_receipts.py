"""The pages of receipts and access letters."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from interactions import privacy
from interactions.models import ActivityEntry, DeletionRequest
from interactions.privacy.stores import STORES
from tests.desk import State, page, petra, post, taken_in
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House
from tests.pages import text_of
from tests.privacy.people import ANN
from tests.privacy.test_links import BROWSER, home

__all__ = ["folders", "house", "petra"]


# --- Receipts ---


@pytest.fixture
def verified(client: Client, petra: User, house: House) -> DeletionRequest:
    house.done(as_lines(home()))
    request = taken_in(client, reference="Letter 7")
    house.ask(privacy.hide, request, by=petra)
    house.carry()
    request.refresh_from_db()
    assert request.state == State.VERIFIED
    return request


def test_a_receipt_can_be_printed_and_downloaded(client: Client, verified: DeletionRequest) -> None:
    text = text_of(client, page(verified, "receipt/"))
    for fact in (
        "Letter 7",
        "1 user, 1 anonymous id of theirs",
        "0 records of these people were left",
        "petra",
        "Emptied after" if connection.vendor == "sqlite" else "May contain erased data until another 130 MB",
        "Signature",
    ):
        assert fact in text
    answer = client.get(page(verified, "receipt.json"))
    assert json.loads(answer.content)["records_erased"] == 4
    assert "attachment" in answer["Content-Disposition"]
    assert ActivityEntry.objects.filter(action="receipt_taken").exists()


def carried(client: Client, house: House, petra: User, ids: str, **given: object) -> DeletionRequest:
    request = taken_in(client, ids, **given)
    house.ask(privacy.hide, request, by=petra)
    house.carry()
    request.refresh_from_db()
    assert request.state == State.VERIFIED
    return request


def test_where_nothing_was_held_every_page_says_so(client: Client, house: House, petra: User) -> None:
    house.done(as_lines(home()))
    request = carried(client, house, petra, f"{ANN} ")  # a space too many
    for shown in (text_of(client, page(request)), text_of(client, page(request, "receipt/"))):
        assert "Nothing was stored about 1 user" in shown and "and nothing is left" not in shown
    assert "Nothing stored" in text_of(client, f"{page(request).partition('requests/')[0]}requests/?show=done")
    receipt = json.loads(request.receipt)
    assert (receipt["outcome"], receipt["left"]) == ("nothing was held", 0)
    text = client.post("/privacy/verify/", {"receipt": request.receipt, "identifier": f"{ANN} "}).content.decode()
    assert "but was not in the data" in text


def test_an_anonymous_id_goes_through_the_desk_by_itself(client: Client, house: House, petra: User) -> None:
    house.done(as_lines(home()))
    text = text_of(client, page(taken_in(client, f"{BROWSER}\nnowhere", kind="anonymous")))
    assert "Anonymous id" in text and "with a user id stay" in text and "Not in the data" in text
    request = carried(client, house, petra, BROWSER, kind="anonymous")
    assert (request.people, request.anonymous, request.erased) == (0, 1, 2)
    assert "2 records of 1 anonymous id erased." in text_of(client, page(request))
    assert "records with a user id stay" in text_of(client, page(request, "receipt/"))


def test_what_is_left_is_counted_in_each_store(verified: DeletionRequest) -> None:
    receipt = json.loads(verified.receipt)
    assert receipt["left"] == sum(receipt["left_by_store"].values()) == 0
    assert set(receipt["left_by_store"]) == {store.name for store in STORES}


def test_there_is_no_receipt_before_it_is_verified(client: Client, petra: User) -> None:
    assert client.get(page(taken_in(client), "receipt/")).status_code == 404


@pytest.mark.parametrize("how", ["pasted", "file"])
def test_a_receipt_is_checked_and_asked_about_an_id(client: Client, verified: DeletionRequest, how: str) -> None:
    given = (
        {"receipt": verified.receipt}
        if how == "pasted"
        else {"file": SimpleUploadedFile("r.json", verified.receipt.encode())}
    )
    text = client.post("/privacy/verify/", {**given, "identifier": ANN}).content.decode()
    assert "<strong>Valid.</strong>" in text and "belongs to this receipt" in text


def test_another_id_does_not_belong_to_a_receipt(client: Client, verified: DeletionRequest) -> None:
    text = client.post("/privacy/verify/", {"receipt": verified.receipt, "identifier": "bob"}).content.decode()
    assert "doesn't belong" in text


@pytest.mark.parametrize("change", [("Letter 7", "Letter 8"), ("verified", "failed"), ("{", "")])
def test_a_changed_receipt_is_not_valid(client: Client, verified: DeletionRequest, change: tuple[str, str]) -> None:
    text = client.post("/privacy/verify/", {"receipt": verified.receipt.replace(*change)}).content.decode()
    assert "Not valid." in text and "<strong>Valid.</strong>" not in text


def test_a_check_without_a_receipt_asks_for_one(client: Client, petra: User) -> None:
    text = client.post("/privacy/verify/", {"receipt": " "}).content.decode()
    assert "Paste the JSON of a receipt" in text and "Not valid." not in text


def test_a_receipt_tells_rows_of_summaries_from_records(client: Client, petra: User) -> None:
    request = post(client, taken_in(client), "hide", delay="0")
    DeletionRequest.objects.update(state=State.VERIFIED, found={"data set": 9, "summaries": 2})
    text = text_of(client, page(request))
    assert "<dt>Data set</dt><dd>9</dd>" in text and "<dt>Rows of summaries</dt><dd>2</dd>" in text


# --- Access letters ---


def test_an_access_letter_holds_everything_and_is_noted_without_the_id(
    client: Client, petra: User, house: House
) -> None:
    house.done(as_lines([*home(), {"type": "rate", "rating": "five", "user_id": ANN}]))
    answer = client.post("/production/privacy/access/", {"user_id": ANN})
    letter = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert (letter["user_id"], letter["anonymous_ids"]) == (ANN, [BROWSER])
    assert len(letter["records"]) == 4
    assert [each["user_id"] for each in letter["refused"]] == [ANN]
    noted = ActivityEntry.objects.get(action="access_given")
    assert ANN not in str(noted.details)


def test_who_is_not_in_the_data_is_said_to_be_nobody_before_a_letter_is_made(
    client: Client, petra: User, house: House
) -> None:
    house.done(as_lines(home()))
    answer = client.post("/production/privacy/access/", {"user_id": ANN.upper()})
    page = answer.content.decode()
    assert "has nothing for this id" in page
    assert not ActivityEntry.objects.filter(action="access_given").exists()  # nothing was taken
    # Enter presses the first button: with the id mended, that is the whole letter.
    assert page.index("Download everything") < page.index("Download the empty letter")


def test_a_letter_about_nobody_is_empty(client: Client, petra: User, house: House) -> None:
    answer = client.post("/production/privacy/access/", {"user_id": "nobody", "may_be_empty": "1"})
    letter = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert (letter["records"], letter["waiting"], letter["refused"]) == ([], [], [])
