"""The Records page, the page of one record, and exports: what stands in them, where they lead, what they hand out."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from interactions.analytics.filters import Filter
from interactions.analytics.reports import records as questions
from interactions.console.records import records as records_view
from interactions.models import ActivityEntry, Environment, Export
from interactions.product_names import change
from tests import cast
from tests.console.record_pages import ANN, EXPORTS, PAGE, eight, get, hashed, of
from tests.lakes import append, record

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def here(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LAKE_DIR, settings.SCRATCH_DIR = tmp_path / "lake", tmp_path / "scratch"
    settings.EXPORTS_DIR = tmp_path / "exports"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()
    monkeypatch.setattr(records_view, "PAGE_SIZE", 3)


@pytest.fixture
def owner(db: None, client: Client) -> Client:
    client.force_login(cast.owner())
    return client


def rows_of(page: str) -> list[str]:
    return re.findall(r"10:(\d\d):00</time></a>", page)


def test_the_newest_come_first_and_links_lead_on_and_back(viewer: Client) -> None:
    eight()
    first = get(viewer, PAGE)
    assert rows_of(first) == ["07", "06", "05"]
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = get(viewer, PAGE + older[1].replace("&amp;", "&"), **HTMX)
    assert rows_of(second) == ["04", "03", "02"] and "<html" not in second
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer and rows_of(get(viewer, PAGE + newer[1].replace("&amp;", "&"))) == rows_of(first)
    last = get(viewer, PAGE + "?end=1")
    assert rows_of(last) == ["02", "01", "00"] and 'rel="next"' not in last


def test_a_filter_narrows_page_total_and_links(owner: Client) -> None:
    eight()
    page = get(owner, f"{PAGE}?{ANN}")
    assert rows_of(page) == ["07", "05", "03"] and ANN in re.findall(r'rel="next" href="([^"]+)"', page)[0]
    assert "4 records" in get(owner, f"{PAGE}count/?{ANN}")
    assert "8 records" in get(owner, PAGE + "count/")


def test_what_an_address_says_wrongly_is_named_and_left_out(viewer: Client) -> None:
    eight()
    page = get(viewer, PAGE + "?type=nonsense&after=nonsense")
    assert "nonsense" in page and len(rows_of(page)) == 3


def columns_of(page: str) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page)


def test_columns_are_chosen_and_kept_for_the_user_wherever_they_log_in(viewer: Client) -> None:
    eight()
    assert 'title="Sort by products"' in get(viewer, PAGE)
    answer = viewer.post(PAGE + "?type=like", {"columns": ["user_id", "received_at", "bogus"]})
    assert answer["Location"] == PAGE + "?type=like"
    elsewhere = Client()
    elsewhere.force_login(User.objects.get(username="vera"))
    assert columns_of(get(elsewhere, PAGE)) == ["Time", "User id", "Received"]


def test_columns_in_an_address_are_shown_and_not_kept(viewer: Client) -> None:
    eight()
    page = get(viewer, PAGE + "?columns=user_id&columns=received_at&columns=bogus")
    assert columns_of(page) == ["Time", "User id", "Received"] and "columns=user_id%2Creceived_at" in page
    assert "Products" in columns_of(get(viewer, PAGE))


def test_another_member_has_columns_of_their_own(viewer: Client) -> None:
    eight()
    viewer.post(PAGE, {"columns": "user_id"})
    viewer.force_login(cast.analyst())
    assert "Products" in columns_of(get(viewer, PAGE))


def test_the_oldest_can_come_first(viewer: Client) -> None:
    eight()
    first = get(viewer, PAGE + "?sort=oldest")
    assert rows_of(first) == ["00", "01", "02"] and "Oldest first" in first and 'aria-sort="ascending"' in first
    newer = re.search(r'rel="next" href="([^"]+)"', first)
    assert newer and "sort=oldest" in newer[1]
    second = get(viewer, PAGE + newer[1].replace("&amp;", "&"))
    assert rows_of(second) == ["03", "04", "05"]
    older = re.search(r'rel="prev" href="([^"]+)"', second)
    assert older and rows_of(get(viewer, PAGE + older[1].replace("&amp;", "&"))) == rows_of(first)
    assert rows_of(get(viewer, PAGE + "?sort=oldest&end=1")) == ["05", "06", "07"]
    assert "isn&#x27;t a column that records can be sorted by" in get(viewer, PAGE + "?sort=sideways")


def test_the_last_received_can_come_first(viewer: Client) -> None:
    append([of("ann", minute, received_at=datetime(2024, 2, 1, 10, 9 - minute, tzinfo=UTC)) for minute in range(8)])
    first = get(viewer, PAGE + "?sort=last-received&columns=received_at")
    assert rows_of(first.split("<tbody>")[1])[::1][:1] == ["00"] and "Sorted by received, descending" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older and "sort=last-received" in older[1]
    assert 'href="?columns=received_at&amp;sort=received_at"' in first
    assert get(viewer, PAGE + older[1].replace("&amp;", "&")).count('class="record-row"') == 3


def test_a_press_on_a_heading_sorts_by_it_and_another_one_the_other_way_round(viewer: Client) -> None:
    append([of("ann", minute, revenue=float(minute * 3 % 8)) for minute in range(8)])
    plain = get(viewer, PAGE + "?columns=revenue,details,region")
    assert 'href="?columns=revenue%2Cdetails%2Cregion&amp;sort=-revenue"' in plain  # numbers: the largest first
    assert "sort=region" in plain and "sort=-region" not in plain and "sort=details" not in plain
    first = get(viewer, PAGE + "?columns=revenue&sort=-revenue")
    assert "Sorted by revenue, descending" in first and first.count('aria-sort="descending"') == 1
    assert re.findall(r">(\d)\.00<", first) == ["7", "6", "5"]
    assert 'href="?columns=revenue&amp;sort=revenue"' in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following and "7.0" not in following[1] and "Next" in first
    second = get(viewer, PAGE + following[1].replace("&amp;", "&"))
    assert re.findall(r">(\d)\.00<", second) == ["4", "3", "2"]


def test_sorting_by_an_id_puts_no_id_into_an_address(viewer: Client) -> None:
    append([of(who, minute) for minute, who in enumerate(("ann", "bob", "cyd", "dan", "eve"))])
    page = get(viewer, PAGE + "?columns=user_id&sort=user_id")
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following and "cyd" not in following[1]
    assert ">dan<" in get(viewer, PAGE + following[1].replace("&amp;", "&"))


def test_a_word_of_a_products_name_leads_to_its_records(analyst: Client) -> None:
    append([of("ann", 0, product_ids=["SKU-1"]), of("ann", 1, product_ids=["SKU-2"]), of("bob", 2, keywords="shoe")])
    here = Environment.objects.get(slug="production")
    names = change.upload(here, b"id,name\nSKU-1,Trail shoe\nSKU-2,Tent\n", "names.csv", cast.owner())
    change.use(names)
    answer = analyst.post(PAGE, {"find": "SHOE"})
    assert answer["Location"] == PAGE + "?words=SHOE"
    assert get(analyst, answer["Location"]).count('class="record-row"') == 2
    assert "2 records" in get(analyst, PAGE + "count/?words=SHOE")
    assert analyst.post(PAGE, {"find": "boat"}).status_code == 200


def test_words_lead_to_the_records_that_have_them_within_the_filter(analyst: Client) -> None:
    append(
        [
            of("ann", 1, page_title="Dome tents", page_url="https://shop.example/c/tents"),
            of("bob", 2, page_url="https://shop.example/p/TENT-1", region="Kent"),
            of("bob", 3, product_ids=["tent-2"], region="Kent"),
            of("bob", 4, region="Kent"),
        ]
    )
    answer = found(analyst, "tent ", "?region=Kent&sort=oldest")
    assert answer["Location"] == PAGE + "?region=Kent&sort=oldest&words=tent+"
    page = get(analyst, answer["Location"])
    assert rows_of(page) == ["02", "03"] and 'data-chip="words"' in page and "Remove the search words" in page
    assert "2 records" in get(analyst, f"{PAGE}count/?region=Kent&words=tent")
    assert rows_of(get(analyst, PAGE + "?words=DOME+shop")) == ["01"]


def test_words_that_no_record_has_are_in_no_address(viewer: Client) -> None:
    eight()
    page = found(viewer, "somebody@example.org")
    assert page.status_code == 200 and "no search words, page or product has it" in page.content.decode()


def test_a_record_opens_as_the_json_that_came(owner: Client) -> None:
    append([of("ann", 1, product_ids=["p<1>"], miso_id="4e68f154-c2e9-42c5-8b00-1a77c9310d19", import_id=0)])
    key = questions.page("production", Filter(), limit=1).keys[0]
    for headers in ({}, HTMX):
        page = get(owner, f"{PAGE}{key}/", **headers)
        assert "&quot;user_id&quot;: &quot;ann&quot;" in page and "p&lt;1&gt;" in page and "A live call" in page
        assert f"?{ANN}" in page and "?product=p%3C1%3E" in page
        assert ("<html" in page) == (not headers)


def test_a_record_leads_to_its_person_for_those_who_may_go_there(db: None, client: Client) -> None:
    append([of("ann", 1)])
    address = f"{PAGE}{questions.page('production', Filter(), limit=1).keys[0]}/"
    for member, may in ((cast.viewer(), False), (cast.privacy_admin(), True)):
        client.force_login(member)
        assert ("/production/people/" in get(client, address).split("<dl")[1]) == may


def test_a_record_that_is_gone_says_so(viewer: Client) -> None:
    eight()
    assert viewer.get(f"{PAGE}1-ab-1/").status_code == 404
    assert viewer.get(f"{PAGE}nonsense/").status_code == 404
    assert "This record is gone" in get(viewer, f"{PAGE}1-ab-1/", **HTMX)


def found(client: Client, text: str, query: str = "") -> HttpResponse:
    answer: HttpResponse = client.post(PAGE + query, {"find": text})
    return answer


def test_an_id_leads_to_its_records_by_an_address_without_it(owner: Client) -> None:
    eight()
    assert found(owner, "ann")["Location"] == f"{PAGE}?{ANN}"
    assert found(owner, "p3", "?type=like")["Location"] == PAGE + "?product=p3"
    assert "is no user id" in found(owner, "<b>").content.decode()
    assert "is no user id" in found(owner, "ann ").content.decode()


def test_who_may_not_see_people_finds_products_alone(viewer: Client) -> None:
    eight()
    assert "is no product or Miso id" in found(viewer, "ann").content.decode()
    assert found(viewer, "p3")["Location"] == PAGE + "?product=p3"
    assert "user=" not in get(viewer, PAGE + "?columns=person&columns=user_id")


@pytest.mark.parametrize("name", ["dashboard", "records", "export_new"])
def test_an_id_leads_from_the_filter_by_an_address_without_it(owner: Client, name: str) -> None:
    answer = owner.post("/production/people/filter/", {"id": "ann", "to": name, "period": "7d", "region": "Wien"})
    page = reverse(name if name != "export_new" else "records", args=["production"])
    assert answer["Location"] == f"{page}?period=7d&{ANN}&region=Wien"
    anonymous = owner.post("/production/people/filter/", {"id": " ann", "to": "records", "kind": "anonymous"})
    assert anonymous["Location"] == f"{PAGE}?anonymous={hashed(' ann').replace('u-', 'a-')}"


def test_an_id_in_an_address_filters_nothing_and_is_not_repeated(owner: Client) -> None:
    eight()
    page = get(owner, PAGE + "?user=ann")
    assert "have ids. Choose Add filter" in page and len(rows_of(page)) == 3 and "user=ann" not in page


SOMEBODYS = [
    PAGE,
    f"{PAGE}count/",
    "/production/interactions/",
    "/production/interactions/panels/",
    "/production/interactions/dashboard.json?panel=by_type&format=csv",
    f"{EXPORTS}new/",
    f"{EXPORTS}download/",
]


@pytest.mark.parametrize("address", SOMEBODYS)
@pytest.mark.parametrize("word", [ANN, ANN.replace("user=u", "anonymous=a")], ids=["user", "visitor"])
def test_records_of_a_person_want_the_right_to_see_people(client: Client, db: None, address: str, word: str) -> None:
    client.force_login(cast.analyst())
    joint = "&" if "?" in address else "?"
    assert client.get(address).status_code == 200
    assert client.get(f"{address}{joint}{word}").status_code == 403
    client.force_login(cast.owner())
    assert client.get(f"{address}{joint}{word}").status_code == 200


def test_an_export_of_a_person_wants_the_right_to_see_people(client: Client, db: None) -> None:
    client.force_login(cast.analyst())
    assert client.post(EXPORTS, {"user": hashed("ann"), "format": "csv"}).status_code == 403
    export = Export.objects.create(
        environment=Environment.objects.get(slug="production"), narrowed_by="user", state="done", records_total=1
    )
    assert client.get(f"{EXPORTS}{export.pk}/file/").status_code == 403
    client.force_login(cast.owner())
    assert client.get(f"{EXPORTS}{export.pk}/file/").status_code == 404  # whose file is gone


@pytest.mark.parametrize("address", [PAGE, "/production/interactions/", f"{EXPORTS}download/", f"{SOMEBODYS[4]}"])
def test_who_sees_a_persons_records_is_in_the_activity_log_without_the_id(owner: Client, address: str) -> None:
    eight()
    owner.get(f"{address}{'&' if '?' in address else '?'}{ANN}")
    (entry,) = ActivityEntry.objects.filter(action="person_viewed")
    assert (entry.actor, entry.object) == ("olga", f"person {hashed('ann')}")
    assert "ann" not in json.dumps(entry.details)


def test_an_id_that_is_several_things_asks_which(owner: Client) -> None:
    append([of("x", 1), of("bob", 2, product_ids=["x"]), of("bob", 3, product_ids=["x"])])
    page = found(owner, "x").content.decode()
    assert "user id in 1 record<" in page and "product in 2 records<" in page


def test_an_empty_environment_and_an_empty_filter_say_so(viewer: Client) -> None:
    assert "has no records yet" in get(viewer, PAGE)
    eight()
    assert "No records match this filter" in get(viewer, PAGE + "?product=nothing")


def test_times_are_those_of_the_environments_zone(viewer: Client) -> None:
    eight()
    Environment.objects.update(time_zone="Asia/Tokyo")
    page = get(viewer, PAGE)
    assert "Jan 1, 2024, 19:07:00" in page and "times are in Asia/Tokyo" in page


def test_a_page_is_shown_as_it_is_read(viewer: Client) -> None:
    append([record("like", "2025-01-01T10:30:00Z", page_url="https://shop.example/p/k%C5%8Db%C5%8D")])
    assert "/p/kōbō" in get(viewer, PAGE)
