"""Exports of records: what is handed out at once, what a worker writes, and who may have it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from interactions.console import exports as exports_view
from interactions.models import ActivityEntry, Environment, Export
from tests import cast
from tests.console.record_pages import ANN, EXPORTS, PAGE, eight, get


@pytest.fixture(autouse=True)
def here(settings, tmp_path: Path) -> None:
    settings.LAKE_DIR, settings.SCRATCH_DIR = tmp_path / "lake", tmp_path / "scratch"
    settings.EXPORTS_DIR = tmp_path / "exports"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


@pytest.fixture
def owner(db: None, client: Client) -> Client:
    client.force_login(cast.owner())
    return client


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
