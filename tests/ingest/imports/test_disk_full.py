"""The disk full in the middle: a word, nothing half loaded, and once there is room it goes on by itself."""

import os
import random
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interactions.disk import PAUSED
from interactions.ingest import imports
from interactions.ingest.imports import lifecycle, load, storage
from interactions.ingest.imports.rejects import Rejects
from interactions.models import Block, Environment, Import

from .crashes import Moment, interrupted
from .files import BAD, as_lines, packed, record, records
from .house import House, adds_up, rejected, rows, silent, strays, users

State = Import.State
RANDOM = random.Random(1)
CONTENT = as_lines([*records(30), BAD, *records(10, start=30)])


def goes_on(house: House, imp: Import) -> bool:
    """Whether it waits with a word and added nothing; and, asked for by the sweep, is done with every record once."""
    assert (imp.state, imp.error) == (State.LOADING, PAUSED)
    assert rows(imp.environment.slug) == []
    silent(imp)
    assert house.sweep() != []
    house.carried(imp)
    return imp.is_done and imp.error == "" and adds_up(imp) and strays() == []


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A disk of 300 KB below the folder of imports; skipped for those who may not mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.geteuid() == 0 and _mount("-t", "tmpfs", "-o", "size=300k", "tmpfs", folder)
    if not mounted:
        pytest.skip("Only root may mount a small disk here; the others fill /dev/full, step by step.")
    settings.IMPORTS_DIR = folder
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: object) -> bool:
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False).returncode == 0


def test_a_small_disk_that_fills_up_while_blocks_are_read(house: House, small_disk: Path, settings: Any) -> None:
    settings.IMPORT_BLOCK_BYTES = 100_000
    pages = [{"page": {"url": f"https://a.example/{RANDOM.randbytes(1000).hex()}"}} for _ in range(400)]
    made = [record(number, context=page) for number, page in enumerate(pages)]
    imp = house.done(as_lines(made))
    assert 0 < imp.blocks.filter(state=Block.State.DONE).count() < imp.blocks.count()
    assert _mount("-o", "remount,size=30m", small_disk)
    assert goes_on(house, imp)
    assert len(rows()) == 400


def test_a_small_disk_that_fills_up_while_a_file_is_unpacked(house: House, small_disk: Path, settings: Any) -> None:
    settings.IMPORT_BLOCK_BYTES = 1 << 20
    imp = house.done(packed(as_lines(records(4000))))
    assert [path for path in small_disk.rglob("*") if path.is_file()] == []
    assert _mount("-o", "remount,size=30m", small_disk)
    assert goes_on(house, imp)
    assert len(rows()) == 4000


def leads_nowhere(path: Path) -> None:
    """What is written to ``path`` from now on finds the disk full."""
    path.symlink_to("/dev/full")


def running(imp: Import) -> Block:
    return imp.blocks.get(state=Block.State.RUNNING)


def test_while_a_part_is_written(house: House) -> None:
    imp = house.planned(CONTENT)
    house.do(house.queue[0])
    full = Moment(load, "_read", after=False)
    with interrupted(full, lambda: leads_nowhere(storage.part_path(running(imp)).with_suffix(".draft"))):
        house.carried(imp)
    assert imp.blocks.get(number=0).state == Block.State.DONE
    assert list(storage.folder(imp).glob("*.draft")) == []
    assert goes_on(house, imp)


def test_while_the_refused_records_of_a_block_are_written(house: House) -> None:
    imp = house.planned(CONTENT)
    full = Moment(Rejects, "add", after=False)
    with interrupted(full, lambda: leads_nowhere(storage.rejects_path(running(imp)))):
        house.carried(imp)
    assert list(storage.folder(imp).glob("*.draft")) == []
    assert goes_on(house, imp)
    assert [line["_dojo"]["record"] for line in rejected(imp)] == [31]


def test_while_the_refused_records_of_all_blocks_are_written(house: House) -> None:
    imp = house.read(CONTENT)
    draft = storage.folder(imp) / "rejected.draft"
    leads_nowhere(draft)
    house.carried(imp)
    draft.unlink()
    assert goes_on(house, imp)
    assert len(rejected(imp)) == 1


def test_while_a_part_is_written_anew_without_its_duplicates(house: House) -> None:
    house.done(as_lines(records(3)), environment="playground")
    imp = house.read(CONTENT, environment="playground")
    part = storage.part_path(imp.blocks.get(number=0))
    kept = part.with_name(f"{part.stem}-kept.parquet")
    leads_nowhere(kept)
    house.carried(imp)
    kept.unlink()
    assert (imp.state, imp.error) == (State.LOADING, PAUSED)
    silent(imp)
    house.sweep()
    house.carried(imp)
    assert (imp.accepted, imp.duplicates, imp.rejected) == (37, 3, 1)
    assert users("playground") == sorted(f"user-{number}" for number in range(40))


def test_while_a_file_is_unpacked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    imp = house.started(packed(CONTENT))
    name = uuid.uuid4()
    with monkeypatch.context() as known:
        known.setattr("interactions.ingest.imports.storage.secrets.token_hex", lambda _: name.hex)
        leads_nowhere(storage.folder(imp) / f"text.{name.hex}.draft")
        house.carried(imp)
    assert list(storage.folder(imp).iterdir()) == []
    assert goes_on(house, imp)


def test_sample_data_for_which_there_is_no_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "SAMPLE_RECORDS", 20)
    imp = house.ask(imports.create_sample, Environment.objects.get(slug="playground"), None)

    def full(*arguments: Any, **more: Any) -> None:
        Path("/dev/full").write_bytes(b"a record")

    with monkeypatch.context() as broken:
        broken.setattr("interactions.ingest.imports.plan.synthetic.write", full)
        house.carried(imp)
    assert goes_on(house, imp)


def test_the_reserve_is_left_to_the_database(house: House, settings: Any) -> None:
    """Without it, nobody could even write down that the disk is full."""
    imp = house.planned(CONTENT)
    house.do(house.queue[0])
    settings.DISK_RESERVE_BYTES = 1 << 60
    house.carried(imp)
    settings.DISK_RESERVE_BYTES = 0
    assert goes_on(house, imp)


def test_other_imports_are_not_stopped_by_it(house: House) -> None:
    imp = house.planned(CONTENT)
    full = Moment(load, "_read", after=False)
    with interrupted(full, lambda: leads_nowhere(storage.part_path(running(imp)).with_suffix(".draft"))):
        house.carried(imp)
    assert house.done(as_lines(records(5, start=500))).state == State.DONE
