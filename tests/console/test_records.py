"""The Records page, the page of one record, and exports: what stands in them, where they lead, what they hand out."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from django import conf
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from interactions import identity
from interactions.analytics.filters import Filter
from interactions.analytics.reports import records as questions
from interactions.console import exports as exports_view
from interactions.console.records import records as records_view
from interactions.contract.keyring import Keyring
from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry, Environment, Export
from tests import cast
from tests.lakes import Record, append, record

PAGE = "/production/interactions/records/"
EXPORTS = "/production/interactions/exports/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def here(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LAKE_DIR, settings.SCRATCH_DIR = tmp_path / "lake", tmp_path / "scratch"
    settings.EXPORTS_DIR = tmp_path / "exports"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()
    monkeypatch.setattr(records_view, "PAGE_SIZE", 3)


@pytest.fixture
def viewer(db: None, client: Client) -> Client:
    client.force_login(cast.viewer())
    return client


@pytest.fixture
def analyst(db: None, client: Client) -> Client:
    client.force_login(cast.analyst())
    return client


@pytest.fixture
def owner(db: None, client: Client) -> Client:
    client.force_login(cast.owner())
    return client


def hashed(name: str) -> str:
    """What addresses say instead of a user id."""
    return Person(user_key=Keyring(conf.settings.IDENTITY_KEY.encode()).key(name)).address  # there's no database yet


ANN = f"user={hashed('ann')}"


def of(name: str, minute: int, **fields: object) -> Record:
    key = identity.keyring().key(name)
    return record(at=f"2024-01-01T10:{minute:02}:00Z", user_id=name, user_key=key, **fields)


def eight() -> None:
    append([of("ann" if minute % 2 else "bob", minute, product_ids=[f"p{minute}"]) for minute in range(8)])


def rows_of(page: str) -> list[str]:
    return re.findall(r"10:(\d\d):00</time></a>", page)


def get(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()


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


def test_columns_are_chosen_and_remembered(viewer: Client) -> None:
    eight()
    assert '<th scope="col">Products</th>' in get(viewer, PAGE)
    for address in (PAGE + "?columns=user_id&columns=received_at&columns=bogus", PAGE):
        assert re.findall(r'<th scope="col"[^>]*>([^<]+)', get(viewer, address)) == ["Time", "User id", "Received"]


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
    assert "addresses hold no ids" in page and len(rows_of(page)) == 3 and "user=ann" not in page


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


# --- Exports ---


def body_of(client: Client, address: str) -> bytes:
    return b"".join(client.get(address).streaming_content)


def test_few_records_are_downloaded_at_once(owner: Client) -> None:
    eight()
    assert "Export 4 records" in get(owner, f"{EXPORTS}new/?{ANN}")
    lines = body_of(owner, f"{EXPORTS}download/?{ANN}&format=jsonl").splitlines()
    assert [json.loads(line)["product_ids"] for line in lines] == [["p1"], ["p3"], ["p5"], ["p7"]]
    answer = owner.get(EXPORTS + "download/?format=csv")
    assert len(list(csv.reader(io.StringIO(answer.getvalue().decode())))) == 9
    assert re.fullmatch(r'attachment; filename="interactions-production-[\d-]+\.csv"', answer["Content-Disposition"])


def test_a_download_is_noted_without_names(owner: Client) -> None:
    eight()
    body_of(owner, f"{EXPORTS}download/?{ANN}")
    entry = ActivityEntry.objects.get(action="exported")
    assert entry.actor == "olga" and entry.details["records"] == 4 and "ann" not in json.dumps(entry.details)


def test_many_records_are_handed_to_a_worker(analyst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    eight()
    monkeypatch.setattr(exports_view.exporting, "AT_ONCE", 5)
    assert 'method="post"' in get(analyst, EXPORTS + "new/")
    assert analyst.get(EXPORTS + "download/?format=csv")["Location"].startswith(EXPORTS + "new/")
    assert analyst.post(EXPORTS, {"format": "parquet", "type": "like"})["Location"] == EXPORTS
    export = Export.objects.get()
    assert (export.format, export.records_total, export.narrowed_by) == ("parquet", 8, "types")
    page = get(analyst, EXPORTS)
    assert "Waiting" in page and 'hx-trigger="every 1s"' in page


def test_a_finished_file_is_handed_out_and_noted(analyst: Client, settings) -> None:
    here = Environment.objects.get(slug="production")
    export = Export.objects.create(environment=here, state="done", format="csv", records_total=1, records=1)
    address = f"{EXPORTS}{export.pk}/file/"
    assert analyst.get(address).status_code == 404
    folder = settings.EXPORTS_DIR / str(export.pk)
    folder.mkdir(parents=True)
    (folder / "records.csv").write_bytes(b"packed")
    assert body_of(analyst, address) == b"packed"
    assert "as soon as anyone who may be in it is erased" in get(analyst, EXPORTS)
    assert ActivityEntry.objects.get(action="exported").details["step"] == "downloaded"
    assert analyst.get(address.replace("production", "playground")).status_code == 404
    analyst.post(f"{EXPORTS}{export.pk}/cancel/")
    assert analyst.get(address).status_code == 404 and not folder.exists()


def test_who_may_not_export_sees_no_way_to(viewer: Client) -> None:
    eight()
    assert "exports/new" not in get(viewer, PAGE)
    assert viewer.get(EXPORTS + "download/").status_code == 403


def test_a_page_is_shown_as_it_is_read(viewer: Client) -> None:
    append([record("like", "2025-01-01T10:30:00Z", page_url="https://shop.example/p/k%C5%8Db%C5%8D")])
    assert "/p/kōbō" in get(viewer, PAGE)
