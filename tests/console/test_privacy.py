"""The pages of deletion requests and retention. Plain and with htmx."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from interactions.models import DeletionRequest, Environment, RequestedPerson, RetentionRun, Tombstone
from tests import cast
from tests.desk import LIST, NEW, State, page, petra, post, taken_in
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House
from tests.pages import HTMX, text_of
from tests.privacy.people import ANN
from tests.privacy.test_links import BROWSER, TABLET, home

__all__ = ["folders", "house", "petra"]

# --- The list ---


def test_an_empty_list_says_what_the_page_is_for(client: Client, petra: User) -> None:
    assert "No deletion requests yet" in text_of(client, LIST)


def test_the_list_shows_open_requests_with_their_clock_and_the_pane_counts_them(client: Client, petra: User) -> None:
    request = taken_in(client, reference="Letter 7", asked_by="Marilla")
    DeletionRequest.objects.update(due_at=timezone.now() - timedelta(days=2, hours=1))
    text = text_of(client, LIST)
    for fact in ("Letter 7", "Marilla", "petra", "Preview", "2 days over"):
        assert fact in text
    assert '<span class="pane-badge" id="badge-deletion_requests" aria-label="1 open">1</span>' in text
    post(client, request, "cancel")
    text = text_of(client, LIST)
    assert "No open requests." in text
    assert '<span class="pane-badge" id="badge-deletion_requests" hidden>0</span>' in text
    assert "Cancelled" in text_of(client, f"{LIST}?show=done")


def test_what_is_fetched_while_requests_go_on_brings_the_count_in_the_pane_up_to_date(
    client: Client, petra: User
) -> None:
    request = taken_in(client)
    swapped = '<span class="pane-badge" id="badge-deletion_requests" hx-swap-oob="true"'
    DeletionRequest.objects.update(state=State.ERASING)
    for address in (LIST, page(request)):
        assert f'{swapped} aria-label="1 open">1</span>' in text_of(client, address, **HTMX)
    DeletionRequest.objects.update(state=State.VERIFIED, ended_at=timezone.now())
    for address in (LIST, page(request)):
        assert f"{swapped} hidden>0</span>" in text_of(client, address, **HTMX)
    assert 'hx-swap-oob="true"><a class="tab" aria-current="true" href="?show=open">Open <span>0</span>' in text_of(
        client, LIST, **HTMX
    )


def test_a_request_of_another_environment_is_not_found(client: Client, petra: User) -> None:
    request = taken_in(client)
    assert client.get(f"/playground/privacy/requests/{request.pk}/").status_code == 404


@pytest.mark.parametrize("who", [cast.viewer, cast.analyst])
def test_who_may_not_see_people_sees_no_requests(client: Client, db: None, who: object) -> None:
    client.force_login(who())  # type: ignore[operator]
    assert client.get(LIST).status_code == 403
    assert "Deletion requests" not in text_of(client, "/production/")


# --- Intake and preview ---


def test_intake_leads_to_a_preview_and_hides_nothing(client: Client, petra: User, house: House) -> None:
    house.done(as_lines(home()))
    request = taken_in(client, f"{ANN}\nnobody-here", note="By post")
    text = text_of(client, page(request))
    for fact in (
        ANN,
        "nobody-here",
        "Not in the data",
        BROWSER,
        TABLET,
        "Shared by 2 users",
        "Nothing is hidden or erased yet",
    ):
        assert fact in text
    assert "<strong>4 records</strong>" in text
    assert not Tombstone.objects.exists()


def test_ids_may_come_from_a_file_of_any_length_beside_pasted_ones(client: Client, petra: User) -> None:
    listed = "\n".join(["name,user_id", *(f'"N, {number}",user-{number}' for number in range(5_000))])
    file = SimpleUploadedFile("people.csv", listed.encode("utf-8-sig"))
    request = taken_in(client, "ann\nann", file=file)
    assert request.people == 5_001
    assert "1–50 of 5,001" in text_of(client, page(request))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ids": " \n"}, "Enter at least one id"),
        ({"ids": "user_id\n"}, "Enter at least one id"),
        ({"ids": "x" * 600}, "more than 512 characters"),
        ({"ids": "marilla", "note": "Marilla wrote"}, "leave the id out"),
        ({"ids": "", "file": SimpleUploadedFile("a.csv", b"\xff\xfe\x00")}, "UTF-8 text"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_with_a_sentence(
    client: Client, petra: User, given: dict[str, object], sentence: str
) -> None:
    answer = client.post(NEW, given)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not DeletionRequest.objects.exists() and not RequestedPerson.objects.exists()


def test_a_link_is_taken_in_by_a_press_and_the_totals_follow(client: Client, petra: User, house: House) -> None:
    house.done(as_lines(home()))
    request = taken_in(client)
    key = request.links.get(anonymous_id=TABLET).anonymous_key
    answer = client.post(page(request, "link/"), {"anonymous_key": key, "take": "1"}, headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text and 'id="hide-total"' in text and "<strong>5 records</strong>" in text
    post(client, request, "link", anonymous_key=key, take="0")
    assert "<strong>4 records</strong>" in text_of(client, page(request))


def test_a_person_is_left_out_by_a_press(client: Client, petra: User) -> None:
    request = taken_in(client, "ann\nbob")
    post(client, request, "leave-out", person=request.named.get(identifier="ann").pk)
    assert request.people == 1
    post(client, request, "leave-out", person=request.named.get().pk)
    assert "Enter at least one id" in text_of(client, page(request))


# --- Steps ---


def test_hiding_says_until_when_it_can_be_cancelled(client: Client, petra: User, house: House) -> None:
    house.done(as_lines(home()))
    request = post(client, taken_in(client), "hide", delay="3600")
    text = text_of(client, page(request))
    assert "1 user and 1 anonymous id are hidden" in text
    assert "You can cancel it until then" in text and "Erase now" in text
    assert ANN not in text
    post(client, request, "cancel")
    assert "visible again" in text_of(client, page(request))
    assert not Tombstone.objects.exists()


def test_a_first_person_is_told_to_wait_and_a_second_may_approve(client: Client, petra: User) -> None:
    Environment.objects.update(needs_approval=True)
    request = post(client, taken_in(client), "hide", delay="0")
    assert "someone other than you" in text_of(client, page(request))
    post(client, request, "approve")
    assert (request.approved_at, "Someone else" in text_of(client, page(request))) == (None, True)
    client.force_login(cast.owner())
    assert "Approve…" in text_of(client, page(request))
    assert post(client, request, "approve").approved_at is not None


@pytest.mark.parametrize("given", [{}, {"delay": "soon"}])
def test_without_a_delay_that_can_be_erasing_waits_its_usual_hour(
    client: Client, petra: User, given: dict[str, str]
) -> None:
    request = post(client, taken_in(client), "hide", **given)
    assert request.erase_from and request.erase_from > timezone.now() + timedelta(minutes=59)


def test_what_a_delay_means_is_said_with_the_approval_that_is_wanted(client: Client, petra: User) -> None:
    request = taken_in(client)
    assert "within seconds of the approval" not in text_of(client, page(request))
    Environment.objects.update(needs_approval=True)
    text = text_of(client, page(request))
    assert "within seconds of the approval" in text and "You can cancel for an hour" not in text


def test_hiding_once_more_from_another_tab_says_that_it_is_done(client: Client, petra: User) -> None:
    request = post(client, taken_in(client), "hide", delay="3600")
    post(client, request, "hide", delay="0")
    assert "This request is already hidden." in text_of(client, page(request))
    assert request.erase_from is not None


def test_progress_is_shown_while_it_is_erased(client: Client, petra: User) -> None:
    request = post(client, taken_in(client), "hide", delay="0")
    DeletionRequest.objects.update(state=State.ERASING, stage="data set", parts_done=34, parts_total=100)
    text = text_of(client, page(request), **HTMX)
    assert "<html" not in text and "34 of 100 files" in text and "Erasing 34%" in text
    assert 'hx-trigger="every 1s"' in text
    assert "Cancel request" not in text


def test_a_failed_request_says_why_and_can_be_tried_again(client: Client, petra: User) -> None:
    request = post(client, taken_in(client), "hide", delay="0")
    DeletionRequest.objects.update(state=State.FAILED, error="Records are left: 2 in inbox.", ended_at=timezone.now())
    assert "2 in inbox" in text_of(client, page(request))
    assert post(client, request, "retry").state == State.HIDDEN


def test_a_page_that_waits_for_somebody_elses_word_looks_for_it(client: Client, petra: User) -> None:
    Environment.objects.update(needs_approval=True)
    request = post(client, taken_in(client), "hide", delay="0")
    assert 'hx-trigger="every 10s"' in text_of(client, page(request))
    post(client, request, "cancel")
    assert "hx-trigger" not in text_of(client, page(request), **HTMX)


def test_cancelling_once_more_from_another_tab_says_that_it_is_done(client: Client, petra: User) -> None:
    request = post(client, taken_in(client), "hide", delay="3600")
    for _press in range(2):
        post(client, request, "cancel")
    assert "This request is already cancelled." in text_of(client, page(request))


def test_a_step_that_comes_too_late_is_refused_with_a_sentence(client: Client, petra: User) -> None:
    request = post(client, taken_in(client), "hide", delay="0")
    DeletionRequest.objects.update(state=State.ERASING)
    post(client, request, "cancel")
    assert "too late to cancel" in text_of(client, page(request))


# --- Retention ---


def test_a_preview_of_retention_counts_what_would_go(client: Client, house: House) -> None:
    client.force_login(cast.owner())
    house.done(as_lines(home()))
    text = text_of(client, "/production/privacy/data-retention/?months=12")
    assert "<strong>9 records</strong>" in text and "Mar 2024" in text and "Keep 12 months from now on" in text
    assert Environment.objects.get(slug="production").retention_months is None


def test_an_owner_sets_retention_and_a_privacy_admin_only_sees_it(client: Client, petra: User) -> None:
    assert client.post("/production/privacy/data-retention/", {"months": "12"}).status_code == 403
    assert "from now on" not in text_of(client, "/production/privacy/data-retention/?months=12")
    client.force_login(cast.owner())
    client.post("/production/privacy/data-retention/", {"months": "12"})
    assert Environment.objects.get(slug="production").retention_months == 12
    client.post("/production/privacy/data-retention/", {"months": ""})
    assert Environment.objects.get(slug="production").retention_months is None


def test_retention_that_removes_something_is_asked_about(client: Client, house: House) -> None:
    client.force_login(cast.owner())
    house.done(as_lines(home()))
    assert "Remove 9 records?" in text_of(client, "/production/privacy/data-retention/?months=12")
    assert "records?" not in text_of(client, "/production/privacy/data-retention/?months=1200")


def test_a_preview_of_retention_says_when_records_go(client: Client, house: House) -> None:
    client.force_login(cast.owner())
    house.done(as_lines(home()))
    assert "within the hour of keeping this" in text_of(client, "/production/privacy/data-retention/?months=12")
    here = Environment.objects.get(slug="production")
    RetentionRun.objects.create(
        environment=here, months=3, before=timezone.now(), records=1, version_before=1, version_after=2, seconds=2
    )
    assert "or within the hour after" in text_of(client, "/production/privacy/data-retention/?months=12")


def test_runs_are_listed(client: Client, petra: User) -> None:
    here = Environment.objects.get(slug="production")
    RetentionRun.objects.create(
        environment=here, months=3, before=timezone.now(), records=1_234, version_before=1, version_after=2, seconds=2
    )
    assert "1,234" in text_of(client, "/production/privacy/data-retention/")
