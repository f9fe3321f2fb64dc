"""A table whose log was written by an older Dojo, with years of fewer than four digits, comes back by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from interactions.analytics.filters import Filter
from interactions.contract.tombstones import Tombstones
from interactions.ingest import live
from interactions.models import Environment, Import, InboxEntry
from interactions.warehouse import compact, statistics
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import erase
from interactions.warehouse.rewrite import remove_import, remove_older
from tests import cast, figures, lakes
from tests.ingest.imports.house import House, users

OLD = [lakes.record(at=f"0279-12-21T02:53:0{second}Z", user_id=f"old {second}", import_id=0) for second in range(3)]


def unpadded(moment: datetime) -> str:
    """What 0.1 wrote into the log, on systems where ``%Y`` has no zeros."""
    return f"{moment.year}{moment:-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@pytest.fixture
def broken(house: House, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A table with parts of the year 279 in its log, the last of them behind a checkpoint, and one of today."""
    lake = Lake("production")
    with monkeypatch.context() as old:
        old.setattr(statistics, "_milliseconds", unpadded)
        for row in OLD[:2]:
            lakes.append([row])
        with lake.lock():
            lake.clean()
        lakes.append(OLD[2:])
        lakes.append([lakes.record(at="2026-01-01T00:00:00Z", user_id="new", import_id=0)])
    assert '"279-' in json.dumps([path.read_text() for path in lake.folder.glob("_delta_log/*.json")])
    return lake


def wait(*records: dict[str, Any]) -> None:
    """Put records into the inbox, as a call that was accepted."""
    here = Environment.objects.get(slug="production")
    text = ",".join(map(json.dumps, records)).encode()
    InboxEntry.objects.create(environment=here, received_at=timezone.now(), records=len(records), text=text)


def like(user: str, at: str) -> dict[str, Any]:
    return {"type": "like", "user_id": user, "timestamp": at}


def test_its_parts_say_when_they_are_of(broken: Lake) -> None:
    moments = [datetime(279, 12, 21, 2, 53, second, tzinfo=UTC) for second in range(3)]
    parts = sorted(broken.parts(), key=lambda part: part.first)
    assert [(part.rows, part.first, part.last) for part in parts[:3]] == [(1, each, each) for each in moments]


def test_what_waits_in_the_inbox_comes_in(broken: Lake) -> None:
    wait(like("a", "0279-12-21T02:53:09Z"), like("b", "2026-05-04T12:00:00Z"))
    assert live.append(Environment.objects.get(slug="production")) == 2
    assert {"a", "b", "new", "old 0"} < set(users())
    assert not InboxEntry.objects.exists()


def test_what_it_holds_is_known_as_a_duplicate(broken: Lake) -> None:
    wait(like("a", "0279-12-21T02:53:09Z"))
    wait(like("a", "0279-12-21T02:53:09Z"))
    assert live.append(Environment.objects.get(slug="production")) == 1


def test_imports_and_undoing_them_work(broken: Lake, house: House) -> None:
    file = b"\n".join(json.dumps(like(f"in {n}", f"0{n}00-01-01T00:00:00Z")).encode() for n in range(1, 10))
    imp = house.done(file, name="old.jsonl")
    assert (imp.state, imp.accepted) == (Import.State.DONE, 9)
    with broken.lock():
        assert remove_import(broken, imp.pk).rows == 9
    assert len(users()) == 4


def test_pages_answer(broken: Lake, client: Client) -> None:
    client.force_login(cast.privacy_admin())
    for page in ("", "interactions/", "interactions/panels/?range=all", "interactions/records/?range=all",
                 "interactions/health/", "people/figures/", "overview/health/", "interactions/imports/"):  # fmt: skip
        assert client.get(f"/production/{page}").status_code == 200, page
    assert "old 2" in client.get("/production/interactions/records/?range=all").content.decode()


def test_it_can_be_counted(broken: Lake) -> None:
    assert figures.totals("production", Filter()).interactions == 4


def test_small_parts_are_merged_and_written_anew(broken: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_TIERS", ((1 << 20, 3),))
    assert compact.compact(broken) == 4
    assert '"0279-12-21T02:53:00.000Z"' in stats_of(broken)
    with broken.lock():
        assert remove_older(broken, datetime(1000, 1, 1, tzinfo=UTC)).rows == 3
    assert users() == ["new"]


def test_erasure_and_checkpoints_work(broken: Lake) -> None:
    with broken.lock():
        assert erase(broken, Tombstones.of([])).rows == 0
        broken.clean()
    assert len(broken.parts()) == 4
    assert sorted(users()) == ["new", "old 0", "old 1", "old 2"]


def stats_of(lake: Lake) -> str:
    """What the last checkpoint says of the parts."""
    path = max((lake.folder / "_delta_log").glob("*.checkpoint.parquet"))
    adds = pq.read_table(path, columns=["add"])["add"].to_pylist()
    return " ".join(add["stats"] for add in adds if add)


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+00:00", "0999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59.999999+00:00"],
)
def test_a_part_at_the_edge_of_the_calendar_is_known_by_its_time(house: House, moment: str) -> None:
    lakes.append([lakes.record(at=moment)])
    part = Lake("production").parts()[0]
    at = datetime.fromisoformat(moment)
    assert part.first <= at <= part.last
