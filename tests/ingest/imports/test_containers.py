"""Files that are packed, in archives, in other encodings, or written by other tools, carried into the data set."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
from typing import Any

import pytest
import zstandard

from interactions.ingest import imports
from interactions.models import Import
from tests.unpack.archives import tarred, zipped

from .files import BAD, as_lines, as_list, as_object, packed, record, records
from .house import House, adds_up, files, rejected, users

State = Import.State
MADE = records(40)
OID = {"$oid": "0" * 24}
TEXT = as_lines(MADE)
FIRST, SECOND = as_lines(MADE[:20]), as_lines(MADE[20:])
SKIPPED = struct.pack("<II", 0x184D2A50, 4) + b"size"


@pytest.mark.parametrize(
    ("content", "packing"),
    [
        pytest.param(packed(packed(TEXT)), "gzip, gzip", id="gzip in gzip"),
        pytest.param(b"".join(SKIPPED + zstandard.compress(half) for half in (FIRST, SECOND)), "zstd", id="pzstd"),
        pytest.param(zipped({"b.jsonl": FIRST, "a.jsonl": SECOND}), "zip", id="zip"),
        pytest.param(zipped({"b.gz": packed(FIRST), "a.zst": zstandard.compress(SECOND)}), "zip, gzip", id="both"),
        pytest.param(packed(tarred({"b.jsonl": FIRST, "._b": b"\x00", "a.jsonl": SECOND})), "gzip, tar", id="tar.gz"),
        pytest.param(bz2.compress(FIRST) + bz2.compress(SECOND), "bzip2", id="bzip2"),
        pytest.param(lzma.compress(tarred({"a.jsonl": TEXT})), "xz, tar", id="tar.xz"),
        pytest.param(b"".join(b"\x1e" + line for line in TEXT.splitlines(keepends=True)), "", id="RFC 7464"),
        pytest.param(TEXT.decode().encode("utf-16-le"), "UTF-16", id="UTF-16 without a mark"),
        pytest.param(TEXT.decode().encode("utf-32"), "UTF-32", id="UTF-32"),
        pytest.param(as_lines([json.dumps(json.dumps(made)) for made in MADE]), "JSON in strings", id="strings"),
        pytest.param(
            as_lines([{"_id": OID} | each | {"timestamp": {"$date": each["timestamp"]}} for each in MADE]),
            "mongoexport",
            id="mongoexport",
        ),
    ],
)  # fmt: skip
def test_every_record_is_in_the_data_set_once(house: House, content: bytes, packing: str) -> None:
    imp = house.done(content)
    assert (imp.state, imp.compression, imp.accepted, imp.rejected) == (State.DONE, packing, 40, 0)
    assert users() == sorted(f"user-{number}" for number in range(40))
    ids = 'The "_id" that MongoDB added was left out of 40 records.'
    assert (imp.left_out, files()) == (ids if packing == "mongoexport" else "", [])
    assert adds_up(imp)


def test_progress_counts_the_bytes_of_the_text(house: House) -> None:
    imp = house.planned(packed(tarred({"a.jsonl": FIRST, "b.jsonl": SECOND})))
    house.do(house.queue[0])
    half = imports.progress(imp)
    assert (half.bytes_total, half.bytes_done) == (len(TEXT) + 2, imp.blocks.get(number=0).end)
    house.carried(imp)
    assert imports.progress(imp).bytes_done == len(TEXT) + 2


def test_files_of_an_archive_that_hold_no_json_are_named_at_the_first_look_and_afterwards(house: House) -> None:
    content = zipped({"README.txt": b"Read me.", "a.jsonl": TEXT, "b.csv": b"type\nlike\n"})
    imp = house.given(content)
    sentence = "2 files in the archive have no JSON and were left out: README.txt, b.csv."
    assert imports.inspect(imp).left_out == sentence
    imp = house.done(content)
    assert (imp.left_out, imp.accepted) == (sentence, 40)


def test_files_of_an_archive_may_be_of_any_form(house: House) -> None:
    parts = [MADE[:10], MADE[10:20], MADE[20:30], MADE[30:]]
    forms = [as_list(parts[0]), as_object(parts[1]), as_lines(parts[2]), json.dumps(parts[3], indent=2).encode()]
    imp = house.done(zipped({f"{number}.json": form for number, form in enumerate(forms)}))
    assert (imp.state, imp.accepted, imp.rejected) == (State.DONE, 40, 0)
    assert adds_up(imp)


def test_rejects_of_an_archive_are_those_of_its_files_together(house: House) -> None:
    imp = house.done(zipped({"a.jsonl": as_lines([record(1), BAD]), "b.jsonl": as_lines([record(2), BAD])}))
    assert (imp.state, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 2, 2)
    assert len(rejected(imp)) == 2
    assert adds_up(imp)


def test_half_a_character_costs_its_own_record_alone(house: House) -> None:
    whole = as_lines([record(1), record(2, user_id="HERE"), record(3)]).decode()
    before, after = (part.encode("utf-16-le") for part in whole.split("HERE"))
    imp = house.done(before + b"\x00\xd8" + after)
    assert (imp.accepted, imp.rejected) == (2, 1)
    (cause,) = imports.causes(imp)
    assert (cause.record, cause.rule[:20]) == (2, "It is not UTF-8 text")


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
@pytest.mark.parametrize(
    "content", [zipped({"a.jsonl": TEXT}), gzip.compress(packed(TEXT))], ids=["zip", "gzip in gzip"]
)
def test_an_archive_cut_short_adds_nothing(house: House, content: bytes, cut: float) -> None:
    imp = house.given(content[: int(len(content) * cut)])
    if imp.state == State.CHECKING:
        house.ask(imports.start, imp, check_duplicates=True)
        house.carried(imp)
    assert (imp.state, users(), files()) == (State.FAILED, [], [])
    assert imp.error.startswith("The file is compressed, but can't be unpacked: it's damaged or incomplete.")


def test_a_bomb_within_what_is_left_out_fails_as_any_other(house: House) -> None:
    bomb = zipped({"a.jsonl": TEXT, "b.csv": b"x" * (80 << 20)})
    imp = house.done(bomb)
    assert (imp.state, users(), files()) == (State.FAILED, [], [])
    assert imp.error.startswith("The file unpacks to more than 200 times its size")


def test_a_first_look_ends_before_it_has_unpacked_everything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactions.ingest.imports.form._MOST_UNPACKED", 1 << 20)
    big = b"x" * (2 << 20)
    late = house.given(zipped({"a.csv": big, "b.jsonl": TEXT}))
    assert late.state == State.FAILED and "longer than 8 MB" in late.error  # taken for a table then, of one row
    early = house.given(zipped({"a.jsonl": TEXT, "b.csv": big}))
    found = imports.inspect(early)
    assert (early.state, found.sample_records, found.unpacked_size) == (State.CHECKING, 40, None)


def test_an_import_that_is_cancelled_while_it_is_unpacked_stops(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactions.ingest.imports.plan._LOOK_SECONDS", 0.0)
    imp = house.started(zipped({"a.jsonl": TEXT, "b.csv": b"x" * (8 << 20)}))
    monkeypatch.setattr("interactions.ingest.imports.plan._CHUNK", 1)
    looks: list[Any] = []

    def cancelled(looked: Import) -> bool:
        looks.append(looked)
        if len(looks) == 2:
            house.ask(imports.cancel, looked)
        return real(looked)

    from interactions.ingest.imports import plan

    real = plan._require_planning
    monkeypatch.setattr(plan, "_require_planning", cancelled)
    house.carry("plan_import")
    imp.refresh_from_db()
    assert (imp.state, len(looks)) == (State.CANCELLED, 2)
