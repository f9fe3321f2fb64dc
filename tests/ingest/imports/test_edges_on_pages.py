"""Records at the edges of what is accepted, on every page, in every file and in every place that shows people."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.cache import cache
from django.test import Client

from interactions import exports
from interactions.analytics.periods import Unit
from interactions.console.dashboard.tables import TABLES
from interactions.models import Environment, Export
from tests import cast
from tests.ingest.imports.edges import Record, accepted, at_the_edges, in_utc, said
from tests.ingest.imports.house import House

ZONES = ["Pacific/Kiritimati", "Pacific/Pago_Pago"]
DAYS = ("0001-01-01", "0279-12-21", "9999-12-31")
# Hours at either end of time: where the clock of a zone is past the calendar.
ENDS = [{"from": day, "to": day, "unit": "hour"} for day in (DAYS[-1], DAYS[0])]
# Periods that have bars of every width.
PERIODS = [
    {},
    *({"from": day, "to": day, "unit": "hour"} for day in DAYS),
    *({"from": "9999-11-20", "unit": unit} for unit in ("day", "week")),
    *({"to": "0001-02-20", "unit": unit} for unit in ("day", "week")),
    *({"from": first, "to": last, "unit": "month"} for first, last in [("9998-01-01", ""), ("", "0002-12-31")]),
    *({"from": "1601-01-01", "unit": unit} for unit in ("year", "decade", "century")),
]


@pytest.fixture(autouse=True, scope="module")
def any_length() -> Iterator[None]:
    """Python's reader of CSV stops at fields of 128 KB, unless it is told not to."""
    before = csv.field_size_limit(1 << 30)
    yield
    csv.field_size_limit(before)


@pytest.fixture
def records() -> list[Record]:
    """As an export has them."""
    return [in_utc(record) for record in at_the_edges(1, 29)]


@pytest.fixture
def loaded(house: House, client: Client, settings: Any) -> House:
    """With their data set, and its owner logged in."""
    settings.IMPORT_STALE_SECONDS = 3_600  # a sign of life would wait for the test's own transaction
    cache.clear()
    client.force_login(cast.owner())
    house.done(b"\n".join(accepted(1, 29)), name="edges.jsonl")
    return house


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, loaded: House) -> str:
    Environment.objects.filter(slug="production").update(time_zone=request.param)
    return str(request.param)


def get(client: Client, page: str, **query: str) -> Any:
    answer = client.get(f"/production/{page}?{urlencode({name: text for name, text in query.items() if text})}")
    assert answer.status_code == 200, (page, query, answer.content[:500])
    return answer


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_periods_have_bars_of_every_width() -> None:
    assert {period["unit"] for period in PERIODS if period} == {unit.value for unit in Unit}


def test_the_dashboard_shows_them_in_bars_of_every_width(zone: str, client: Client) -> None:
    for period in (*ENDS, *PERIODS[ZONES.index(zone) :: len(ZONES)]):
        answer = get(client, "interactions/", figures="now", **period)
        assert answer.context["choice"].mistakes == [], period
    get(client, "interactions/panels/", split="type", compare="yes", step="content")
    assert get(client, "interactions/dashboard.json", panel="version").json()["is_empty"] is False


def test_every_csv_of_the_dashboard_holds_them(zone: str, client: Client) -> None:
    for panel in TABLES:
        answer = get(client, "interactions/dashboard.json", panel=panel, format="csv", **ENDS[ZONES.index(zone)])
        table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert len({len(row) for row in table}) == 1, panel


@pytest.mark.parametrize("page", ["", "overview/health/", "interactions/health/", "people/", "people/figures/"])
def test_pages_of_days_and_months_show_them(zone: str, client: Client, page: str) -> None:
    get(client, page, figures="now")


def test_each_record_has_a_page_and_the_list_is_read_to_both_ends(
    zone: str, client: Client, records: list[Record]
) -> None:
    page = get(client, "interactions/records/", period="all").content.decode()
    keys = re.findall(r'/production/interactions/records/([^/"?]+)/', page)
    found = []
    for key in dict.fromkeys(key for key in keys if key != "count"):
        answer = get(client, f"interactions/records/{key}/")
        found.append(answer.context["json"])
    assert said([json.loads(text) for text in found]) == said(records)
    get(client, "interactions/records/", end="1")
    get(client, "interactions/records/count/", period="all")
    get(client, "privacy/data-retention/", months="1")


def test_exports_of_every_kind_hold_them(loaded: House, client: Client, records: list[Record]) -> None:
    at_once = {form: content(get(client, "interactions/exports/download/", format=form)) for form in Export.Format}
    with loaded.at_work():
        for form in Export.Format:
            assert client.post("/production/interactions/exports/", {"format": form}).status_code == 302
    loaded.carry("write_export")
    written = {each.format: exports.file_path(each).read_bytes() for each in Export.objects.all()}
    assert written.keys() == at_once.keys() == {"jsonl", "csv", "parquet"}
    for lines in (at_once["jsonl"], gzip.decompress(written["jsonl"])):
        assert said([json.loads(line) for line in lines.split(b"\n") if line]) == said(records)
    for text in (at_once["csv"], gzip.decompress(written["csv"])):
        table = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
        assert sorted(row["timestamp"][:4] for row in table) == sorted(record["timestamp"][:4] for record in records)
    for file in (at_once["parquet"], written["parquet"]):
        assert pq.read_table(pa.BufferReader(file)).num_rows == len(records)
    for each in Export.objects.all():
        assert content(client.get(f"/production/interactions/exports/{each.pk}/file/")) == written[each.format]


def people(records: list[Record]) -> list[str]:
    return sorted({record["user_id"] for record in records})


def test_people_are_found_and_their_timelines_read_page_by_page(
    zone: str, client: Client, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactions.privacy.people.PAGE_RECORDS", 1)
    for user in people(records)[:8]:
        theirs = sum(record["user_id"] == user for record in records)
        answer = client.post("/production/people/", {"id": user})
        assert answer.status_code == 302, (user, answer.content[:300])
        address, pages = answer["Location"], 1
        page = client.get(address)
        assert page.status_code == 200
        while older := page.context["older"]:
            pages += 1
            page = client.get(f"{address}{older}")
            assert page.status_code == 200
        assert pages == theirs, user


def test_the_access_letter_of_each_person_holds_their_records(
    loaded: House, client: Client, records: list[Record]
) -> None:
    for user in people(records)[:8]:
        letter = json.loads(content(client.post("/production/privacy/access/", {"user_id": user})))
        assert letter["user_id"] == user
        assert said(letter["records"]) == said([record for record in records if record["user_id"] == user])
