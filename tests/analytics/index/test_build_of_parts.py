"""An index built by way of the disk is the one that is built in memory, whatever the parts are."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import pytest
from django.conf import settings

from interactions import identity
from interactions.analytics.index import build as building
from interactions.analytics.index import plan
from interactions.analytics.index.build import build, build_table
from interactions.analytics.index.run import Index
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.lake import Part
from interactions.warehouse.parts import part_writer

from ...lakes import Record, record
from .rows import as_list, said, table_of

NOBODY_HIDDEN = Tombstones.of([])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pieces, batches and partitions of few records."""
    monkeypatch.setattr(building, "_PIECE", 7)
    monkeypatch.setattr(plan, "BATCH", 30)
    monkeypatch.setattr(plan, "PARTITION", 25)


def clicks(count: int, seed: int = 1) -> list[Record]:
    """Records of chance with all that an index is made of; some name nobody, some devices are shared."""
    chance = Random(seed)
    return [_click(chance) for _ in range(count)]


def _click(chance: Random) -> Record:
    person = chance.randrange(30)
    products = [chance.choice(["p1", "p2", "p3", "null", None]) for _ in range(chance.randrange(4))]
    return {
        "type": chance.choice([*TYPES, *["checkout"] * 10]),
        "timestamp": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(5_000)),
        "received_at": datetime(2024, 6, chance.randrange(1, 3), tzinfo=UTC),
        "user_id": chance.choice([None, None, f"u{person}", f"u{person - person % 4}"]),
        "anonymous_id": chance.choice([None, f"a{person}", f"a{person}"]),
        "product_ids": chance.choice([None, products, products]),
        "quantities": chance.choice([None, [float(chance.randrange(-1, 4)) for _ in products]]),
        "revenue": chance.choice([None, float(chance.randrange(500))]),
        "keywords": chance.choice([None, "tea", "Tea", "和食器"]),
        "category": chance.choice([None, [], [chance.choice(["c1", "c2", None]) for _ in range(3)]]),
        "miso_id": chance.choice([None, str(UUID(int=chance.randrange(5)))]),
        "campaign_source": chance.choice([None, "mail"]),
        "campaign_name": chance.choice([None, "spring", ""]),
        "campaign_content": chance.choice([None, "banner"]),
        "page_referrer": chance.choice([None, "https://Search.example/", "?"]),
        "page_url": chance.choice([None, f"https://shop.example/{chance.randrange(90)}"]),
        "locale": chance.choice([None, "en-GB"]),
        "result_type": chance.choice([None, "answer"]),
        "region": chance.choice([None, "Kent"]),
        "user_agent": chance.choice([None, "Firefox", "Opera"]),
        "import_id": chance.randrange(3),
    }


def in_parts(records: list[Record], parts: int, group: int = 10) -> list[Part]:
    """The records as Parquet files with row groups of so many rows."""
    size = -(-len(records) // parts)
    return [_part(records[start : start + size], group) for start in range(0, len(records), size)]


def _part(records: list[Record], group: int) -> Part:
    settings.SCRATCH_DIR.mkdir(exist_ok=True)
    path = settings.SCRATCH_DIR / f"{os.urandom(8).hex()}.parquet"
    table = table_of(records)
    with part_writer(path) as writer:
        writer.write_table(table, group)
    times = [record["timestamp"] for record in records]
    return Part(path, path.stat().st_size, len(table), min(times), max(times))


def from_disk(parts: list[Part], folder: Path, hidden: Tombstones = NOBODY_HIDDEN) -> Index:
    folder.mkdir(exist_ok=True)
    return build("production", 3, parts, hidden, folder)


def is_in_order(index: Index) -> bool:
    return all(
        as_list(run, begin, end) == sorted(as_list(run, begin, end))
        for run in index.runs
        for begin, end in ([(0, len(run))] if run.nobody else zip(run.starts[:-1], run.starts[1:], strict=True))
    )


@pytest.mark.parametrize(("parts", "group"), [(1, 1), (1, 400), (5, 10), (40, 3)])
def test_of_any_parts(parts: int, group: int, tmp_path: Path) -> None:
    records = clicks(400)
    index = from_disk(in_parts(records, parts, group), tmp_path / "out")
    expected = build_table(table_of(records), NOBODY_HIDDEN, "production", 0)
    assert sorted(map(str, said(index))) == sorted(map(str, said(expected)))
    assert is_in_order(index)
    [run] = [run for run in index.runs if not run.nobody]
    [whole] = [run for run in expected.runs if not run.nobody]
    assert np.array_equal(run.people, whole.people)
    assert np.array_equal(run.alone, whole.alone)
    assert np.array_equal(run.starts, whole.starts)
    assert (index.first, index.last, len(index)) == (expected.first, expected.last, 400)


def test_of_more_texts_than_a_dictionary_of_parquet_holds(tmp_path: Path) -> None:
    records = [record(product_ids=[f"{n}" + "p" * 500], page_url=f"{n}" + "u" * 500) for n in range(5_000)]
    index = from_disk(in_parts(records, 1, 5_000), tmp_path / "out")
    assert len(index.texts.product) == len(index.texts.page) == 5_000
    assert sorted(event["products"] for event in said(index)) == sorted(each["product_ids"] for each in records)


def test_without_hidden_people(tmp_path: Path) -> None:
    records = clicks(300)
    key = identity.keyring().key
    until = datetime(2024, 6, 1, 12, tzinfo=UTC)
    hidden = Tombstones.of([(key("u4"), None, until), (None, key("a5"), until)])
    index = from_disk(in_parts(records, 4), tmp_path / "out", hidden)
    expected = build_table(table_of(records), hidden, "production", 0)
    assert 0 < len(index) == len(expected) < 300
    assert sorted(map(str, said(index))) == sorted(map(str, said(expected)))
    assert set(index.texts.page.to_pylist()) == set(expected.texts.page.to_pylist())


@pytest.mark.parametrize("seed", range(12))
def test_of_few_records(seed: int, tmp_path: Path) -> None:
    records = clicks(1 + seed % 4, seed)
    index = from_disk(in_parts(records, 2), tmp_path / "out")
    expected = build_table(table_of(records), NOBODY_HIDDEN, "production", 0)
    assert sorted(map(str, said(index))) == sorted(map(str, said(expected)))


@pytest.mark.parametrize("lacking", ["revenue", "product_ids", "category"])
def test_of_records_that_lack_something_altogether(lacking: str, tmp_path: Path) -> None:
    records = [{**each, lacking: None} for each in clicks(100)]
    index = from_disk(in_parts(records, 3), tmp_path / "out")
    expected = build_table(table_of(records), NOBODY_HIDDEN, "production", 0)
    assert sorted(map(str, said(index))) == sorted(map(str, said(expected)))


def test_of_people_who_did_one_thing_each(tmp_path: Path) -> None:
    records = [record(user_id=f"u{number}") for number in range(90)]
    index = from_disk(in_parts(records, 3), tmp_path / "out")
    assert [len(run) for run in index.runs] == [len(run.people) for run in index.runs] == [90]


def test_of_nobody_alone(tmp_path: Path) -> None:
    records = [{**each, "user_id": None, "anonymous_id": None} for each in clicks(200)]
    index = from_disk(in_parts(records, 3), tmp_path / "out")
    assert len(index.runs) > 1
    assert all(run.nobody for run in index.runs)
    assert is_in_order(index)
    expected = build_table(table_of(records), NOBODY_HIDDEN, "production", 0)
    assert sorted(map(str, said(index))) == sorted(map(str, said(expected)))


def test_of_one_person_alone(tmp_path: Path) -> None:
    parts = in_parts([{**each, "user_id": "bot"} for each in clicks(200)], 3)
    [run] = from_disk(parts, tmp_path / "out").runs
    assert run.starts.tolist() == [0, 200]
    assert as_list(run, 0, 200) == sorted(as_list(run, 0, 200))


def test_of_no_records(tmp_path: Path) -> None:
    index = from_disk([], tmp_path / "out")
    assert (index.runs, len(index)) == ((), 0)


def test_leaves_nothing_else_on_the_disk(tmp_path: Path) -> None:
    index = from_disk(in_parts(clicks(100), 2), tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 3 * len(index.runs)


def test_is_of_no_version_whose_part_has_gone(tmp_path: Path) -> None:
    parts = in_parts(clicks(100), 2)
    parts[0].path.unlink()
    with pytest.raises(FileNotFoundError):
        from_disk(parts, tmp_path / "out")
