"""The People page and the page of a person: who is found, what is shown to whom, and that it is written down."""

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from interactions import identity
from interactions.analytics.reports.audience import Audience
from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry, DeletionRequest, Environment, Tombstone
from interactions.privacy import people as looking
from tests import cast, figures
from tests.lakes import Record, append, record
from tests.pages import HTMX, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/people/"
START = datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def petra(client: Client) -> User:
    user = cast.privacy_admin()
    client.force_login(user)
    return user


def key(text: str) -> int:
    return identity.keyring().key(text)


def of(*, user: str | None = None, anonymous: str | None = None, minute: int = 0, **fields: Any) -> Record:
    """A record with the keys that the product gives to these ids."""
    keys = {
        "user_key": None if user is None else key(user),
        "anonymous_key": None if anonymous is None else key(anonymous),
    }
    at = (START + timedelta(minutes=minute)).isoformat()
    return record(fields.pop("kind", "like"), at, user_id=user, anonymous_id=anonymous, **keys, **fields)


def page_of(*, user: str | None = None, anonymous: str | None = None) -> str:
    who = Person(user_key=key(user)) if user is not None else Person(anonymous_key=key(anonymous or ""))
    return f"{PAGE}{who.address}/"


def viewed() -> list[ActivityEntry]:
    return list(ActivityEntry.objects.filter(action="person_viewed").order_by("id"))


def test_an_id_that_is_posted_leads_to_the_key_and_stands_in_no_address(client: Client) -> None:
    append([of(user="ann@example.org")])
    answer = client.post(PAGE, {"id": " ann@example.org "})
    assert (answer.status_code, answer["Location"]) == (302, page_of(user="ann@example.org"))
    assert "ann" not in answer["Location"]


def test_an_id_that_nobody_has_is_answered_in_place(client: Client) -> None:
    append([of(user="ann")])
    page = client.post(PAGE, {"id": "<Ann>"}).content.decode()
    assert "No record in Production has the id <code>&lt;Ann&gt;</code>" in page
    assert "Type an id first." in client.post(PAGE, {"id": " "}).content.decode()
    assert viewed() == []


def test_an_id_of_both_kinds_asks_which(client: Client) -> None:
    append([of(user="same"), of(anonymous="same")])
    page = client.post(PAGE, {"id": "same"}).content.decode()
    assert page_of(user="same") in page and page_of(anonymous="same") in page


def test_a_person_shows_ids_links_types_and_records(client: Client) -> None:
    append(
        [
            of(user="ann", anonymous="phone", kind="search", keywords="green tea"),
            of(anonymous="phone", minute=5, product_ids=["SKU-1", "SKU-2", "SKU-3", "SKU-4"]),
        ],
        import_id=3,
    )
    page = text_of(client, page_of(user="ann"))
    for fact in ("ann", "phone", "only theirs", '"green tea"', "SKU-3", "and 1 more", "not signed in", "2 records"):
        assert fact in page
    assert '<a class="nowrap" href="/production/interactions/imports/3/">import 3</a>' in page
    who = page_of(user="ann").rstrip("/").rpartition("/")[2]
    assert f'href="/production/interactions/records/?user={who}"' in page
    record_page = page.split('href="/production/interactions/records/17')[1].split('"')[0]
    assert "green tea" in text_of(client, f"/production/interactions/records/17{record_page}")
    assert "&quot;keywords&quot;: &quot;green tea&quot;" in page


def test_times_are_in_the_zone_of_the_environment(client: Client) -> None:
    append([of(user="ann")])
    Environment.objects.filter(slug="production").update(time_zone="Asia/Tokyo")
    assert "Mon, Jan 1, 2024, 21:00" in text_of(client, page_of(user="ann"))


def test_viewing_is_written_down_with_the_key_alone(client: Client, petra: User) -> None:
    append([of(user="ann@example.org")])
    text_of(client, page_of(user="ann@example.org"))
    (entry,) = viewed()
    assert entry.actor == petra.username
    assert entry.object == f"person {Person(user_key=key('ann@example.org')).address}"
    assert "ann@" not in str(ActivityEntry.objects.filter(pk=entry.pk).values().get())


def test_what_is_seen_of_one_person_on_a_day_is_one_action(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PAGE_RECORDS", 2)
    append([of(user="ann", minute=minute) for minute in range(5)] + [of(user="bob")])
    first = text_of(client, page_of(user="ann"))
    assert "?before=" in first
    older = first.split('href="?before=')[1].split('"')[0]
    text_of(client, f"{page_of(user='ann')}?before={older}", **HTMX)
    text_of(client, page_of(user="bob"))
    ann, more, bob = viewed()
    assert ann.shared == more.shared != bob.shared
    assert "records_before" in more.details


def test_with_htmx_an_older_page_is_its_sessions_alone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PAGE_RECORDS", 3)
    append([of(user="ann", minute=minute) for minute in range(5)])
    first = text_of(client, page_of(user="ann"))
    assert first.count('<details class="timeline-record">') == 3
    older = first.split('href="?before=')[1].split('"')[0]
    part = text_of(client, f"{page_of(user='ann')}?before={older}", **HTMX)
    whole = text_of(client, f"{page_of(user='ann')}?before={older}")
    for answer in (part, whole):
        assert answer.count('<details class="timeline-record">') == 2
        assert "continued" in answer
    assert "<html" not in part and "<html" in whole
    assert "This is their first record." in part


def test_an_anonymous_id_of_one_user_leads_to_the_user(client: Client) -> None:
    append([of(user="ann", anonymous="phone"), of(anonymous="phone")])
    assert client.post(PAGE, {"id": "phone"})["Location"] == page_of(anonymous="phone")
    assert client.get(page_of(anonymous="phone"))["Location"] == page_of(user="ann")


def test_a_shared_device_says_that_it_attributes_nothing(client: Client) -> None:
    append([of(user=name, anonymous="till") for name in ("ann", "bob")] + [of(anonymous="till")])
    till = text_of(client, page_of(anonymous="till"))
    assert "This is a shared device." in till
    assert page_of(user="ann") in till and page_of(user="bob") in till
    ann = text_of(client, page_of(user="ann"))
    assert "shared with 1 other" in ann and "not signed in</span>" not in ann


def test_a_device_on_which_nothing_was_done_without_signing_in_has_a_page(client: Client) -> None:
    append([of(user=name, anonymous="till") for name in ("ann", "bob")])
    assert "It has no records without a user id." in text_of(client, page_of(anonymous="till"))


@pytest.mark.parametrize("address", ["u-0123456789abcdef", "ann", "a-00", "u-0123456789abcdeg"])
def test_nobody_is_said_plainly_and_not_written_down(client: Client, address: str) -> None:
    append([of(user="ann")])
    answer = client.get(f"{PAGE}{address}/")
    assert answer.status_code == 404
    assert "Production has no record of this person" in answer.content.decode()
    assert viewed() == []


def test_hidden_people_are_nobody(client: Client) -> None:
    append([of(user="ann", anonymous="till"), of(user="bob", anonymous="till"), of(anonymous="till")])
    production = Environment.objects.get(slug="production")
    request = DeletionRequest.objects.create(environment=production)
    Tombstone.objects.create(
        request=request, environment=production, user_key=key("ann"), at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    assert client.get(page_of(user="ann")).status_code == 404
    assert client.post(PAGE, {"id": "ann"}).status_code == 200
    listed = text_of(client, f"{PAGE}figures/")
    assert "no anonymous id was seen with more than one user" in listed
    assert "ann" not in text_of(client, page_of(user="bob"))


def test_the_page_comes_at_once_and_asks_for_its_figures(client: Client) -> None:
    append([of(user="ann", anonymous="phone")])
    page = text_of(client, PAGE)
    assert 'hx-get="/production/people/figures/"' in page and "Shared devices" not in page
    assert "Shared devices" in text_of(client, f"{PAGE}?figures=now")


def test_shared_devices_are_listed_and_lead_to_their_pages(client: Client) -> None:
    append(
        [of(user=name, anonymous="till-" + "x" * 90) for name in ("ann", "bob")] + [of(user="cid", anonymous="phone")]
    )
    listed = text_of(client, f"{PAGE}figures/")
    assert page_of(anonymous="till-" + "x" * 90) in listed
    assert page_of(anonymous="phone") not in listed


def test_people_are_counted_by_the_rule_of_identity() -> None:
    records = [of(user=name, anonymous="till") for name in ("ann", "bob")]
    append([*records, of(user="ann", anonymous="phone"), of(anonymous="phone"), of(anonymous="guest")])
    # ann, bob, the till and the guest; the phone is ann's.
    assert figures.audience("production") == Audience(people=3, users=2, anonymous=3, linked=1, shared=1)
    append([of(anonymous="till")], import_id=2)
    assert figures.audience("production").people == 4


def test_an_empty_environment_has_nobody(client: Client) -> None:
    assert "None." in text_of(client, f"{PAGE}figures/")


@pytest.mark.parametrize("who", [cast.viewer, cast.analyst])
def test_who_may_not_see_people_sees_no_way_there(client: Client, who: Any) -> None:
    client.force_login(who())
    assert PAGE not in text_of(client, "/production/")
    assert client.get(PAGE).status_code == 403
    assert client.get(page_of(user="ann")).status_code == 403


def test_pages_of_people_are_not_kept_by_browsers(client: Client) -> None:
    append([of(user="ann")])
    for address in (PAGE, page_of(user="ann"), f"{PAGE}figures/"):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_the_activity_log_leads_back_to_the_person(client: Client) -> None:
    append([of(user="ann")])
    text_of(client, page_of(user="ann"))
    client.force_login(cast.owner())
    assert f'href="{page_of(user="ann")}"' in text_of(client, "/production/activity/")


def test_a_deletion_request_begins_at_the_person_and_erases_nothing_yet(client: Client) -> None:
    odd = 'ann, "the; first"'
    append([of(user=odd)])
    page = text_of(client, page_of(user=odd))
    named = html.unescape(page.split('name="ids" value="')[1].split('">')[0])
    answer = client.post("/production/privacy/requests/new/", {"ids": named})
    request = DeletionRequest.objects.get()
    assert answer["Location"].endswith(f"/requests/{request.pk}/")
    assert [row.identifier for row in request.named.all()] == [odd]
    assert request.state == DeletionRequest.State.RECEIVED
    assert odd in html.unescape(text_of(client, page_of(user=odd)))
