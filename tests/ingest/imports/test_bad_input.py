"""Bad input: each gets a clear sentence, nothing is half loaded, and the next import works."""

import io
import os
import random
import resource
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from typing import Any

import pytest
import zstandard

from interactions.disk import PAUSED
from interactions.ingest import imports
from interactions.ingest.imports import plan, storage
from interactions.models import Environment, Import

from .files import as_lines, as_list, as_object, packed, record, records
from .house import House, adds_up, files, rejected, rows, silent, users

State = Import.State
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 10
NEITHER = "The file is neither JSON nor a table: its lines don't have the same columns."
DAMAGED = "The file is compressed, but can't be unpacked: it's damaged or incomplete."
RANDOM = random.Random(1)


@pytest.fixture(autouse=True)
def the_next_import_works(house: House) -> Iterator[None]:
    """Whatever a test has given to it, the service takes the next file."""
    yield
    imp = house.done(as_lines(records(3, start=900)))
    assert (imp.state, imp.accepted) == (State.DONE, 3)


def is_refused(imp: Import, sentence: str) -> bool:
    """Whether it failed with this sentence and left nothing at all."""
    return (imp.state, imp.error) == (State.FAILED, sentence) and rows() == [] and files() == []


def incompressible(count: int, length: int) -> list[dict[str, Any]]:
    return [record(number, user_id=RANDOM.randbytes(length // 2).hex()) for number in range(count)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "The file has no records.", id="zero bytes"),
        pytest.param(b" \n\t\n", "The file has no records.", id="blanks"),
        pytest.param(b"\xef\xbb\xbf", "The file has no records.", id="nothing but a byte order mark"),
        pytest.param(packed(b""), "The file has no records.", id="nothing, packed"),
        pytest.param(b'"like"', NEITHER, id="a string"),
        pytest.param(b"\x00\x01\x02", "The file is not text: records must be JSON in UTF-8.", id="bytes"),
        pytest.param(PNG, "The file is a PNG picture, not JSON.", id="a picture"),
        pytest.param(packed(PNG), "The file is a PNG picture, not JSON.", id="a picture, packed"),
        pytest.param(
            b"[1, 2, 3]",
            "The file is a JSON list, but not of objects: each record must be an object.",
            id="a list of numbers",
        ),
        pytest.param(
            b'{"items": [{"type": "like"}]}',
            'The file is one JSON object without a list called "data": put the records into that list.',
            id="an object of another shape",
        ),
        pytest.param(
            b'{"data": {"type": "like"}}',
            'The file is one JSON object without a list called "data": put the records into that list.',
            id="data that is no list",
        ),
        pytest.param(b'{"name": "like"', "The file ends in the middle of its first record.", id="half an object"),
        pytest.param(packed(as_lines(records(40)))[:-20], DAMAGED, id="a gzip file cut short"),
        pytest.param(b"\x1f\x8b\x08\x00 no gzip at all", DAMAGED, id="gzip by its first bytes alone"),
        pytest.param(zstandard.compress(as_lines(records(40)))[:-20], DAMAGED, id="a zstd file cut short"),
        pytest.param(b"\x28\xb5\x2f\xfd no zstd at all", DAMAGED, id="zstd by its first bytes alone"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_records_is_refused_when_it_arrives(house: House, content: bytes, sentence: str) -> None:
    assert is_refused(house.given(content), sentence)


@pytest.fixture
def half_a_megabyte(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file that is larger than the sample which is looked at when it arrives."""
    for name in ("inspection.SAMPLE_BYTES", "form._SOURCE_BYTES", "form._FOREIGN_BYTES"):
        monkeypatch.setattr(f"interactions.ingest.imports.{name}", 20_000)
    return as_lines(incompressible(1000, 400))


@pytest.mark.parametrize("pack", [packed, zstandard.compress], ids=["gzip", "zstd"])
def test_a_packed_file_cut_short_behind_its_sample_fails_and_adds_nothing(
    house: House, half_a_megabyte: bytes, pack: Any
) -> None:
    content = pack(half_a_megabyte)
    imp = house.done(content[: len(content) // 2])
    assert is_refused(imp, f"{DAMAGED} Nothing was loaded from it.")


@pytest.mark.parametrize("pack", [packed, zstandard.ZstdCompressor(write_checksum=True).compress], ids=["gzip", "zstd"])
def test_a_packed_file_that_is_damaged_behind_its_sample_fails_and_adds_nothing(
    house: House, half_a_megabyte: bytes, pack: Any
) -> None:
    content = bytearray(pack(half_a_megabyte))
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    imp = house.done(bytes(content))
    assert is_refused(imp, f"{DAMAGED} Nothing was loaded from it.")


def bomb(text: bytes, size: int) -> bytes:
    """``text`` and blanks up to ``size`` bytes, packed."""
    packer = zlib.compressobj(9, wbits=31)
    blanks = b" " * (1 << 20)
    pieces = [packer.compress(text), *(packer.compress(blanks) for _ in range(size >> 20)), packer.flush()]
    return b"".join(pieces)


def test_a_gzip_bomb_fails_before_it_fills_the_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(plan, "_require_room", written.append)
    imp = house.done(bomb(b'[{"type": "like"},', 300 << 20))
    assert is_refused(
        imp,
        "The file unpacks to more than 200 times its size, which no data set does. Nothing was loaded from it.",
    )
    assert sum(written) < 80 << 20


def test_a_small_file_may_unpack_to_many_times_its_size(house: House) -> None:
    blanks = b" " * 400_000 + b"\n"
    content = packed(as_lines([record(1)]) + blanks)
    assert len(content) * 200 < len(blanks)
    assert house.done(content).state == State.DONE


def test_a_file_for_whose_text_there_is_no_room_waits_until_there_is(house: House, settings: Any) -> None:
    imp = house.started(packed(as_lines(records(40))))
    settings.DISK_RESERVE_BYTES = 1 << 60
    house.carried(imp)
    assert (imp.state, imp.error, rows()) == (State.LOADING, PAUSED, [])
    settings.DISK_RESERVE_BYTES = 0
    silent(imp)
    house.sweep()
    assert house.carried(imp).state == State.DONE
    assert adds_up(imp)


@pytest.mark.parametrize("form", [as_lines, as_list, as_object])
def test_a_record_of_50_mb_is_refused_in_little_memory(house: House, settings: Any, form: Any) -> None:
    settings.IMPORT_RECORD_BYTES = 64 << 10
    settings.IMPORT_BLOCK_BYTES = 1 << 20
    made = [*records(5), record(6, user_id="x" * (50 << 20)), *records(5, start=7)]
    content = form(made)
    del made
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    imp = house.done(content)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (imp.state, imp.records, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 11, 10, 1)
    assert grown < 100 << 10  # KiB; the file was written from memory and stays in it
    (cause,) = imports.causes(imp)
    assert cause.record == 6
    assert cause.rule.startswith("It is larger than")
    assert adds_up(imp)


@pytest.mark.slow
def test_a_record_of_256_mb_is_refused(house: House, settings: Any) -> None:
    settings.IMPORT_BLOCK_BYTES = 32 << 20
    start, end = as_lines([record(1), '{"type": "like", "user_id": "HERE"}', record(2)]).split(b"HERE")
    size = len(start) + (256 << 20) + len(end)
    imp = imports.begin(Environment.objects.get(slug="production"), file_name="a.json", size=size, user=None)
    with storage.whole_upload(imp).open("wb") as file:
        file.write(start)
        file.seek(256 << 20, os.SEEK_CUR)  # a hole, which reads as zeros and takes no room
        file.write(end)
    house.ask(imports.received, imp)
    house.ask(imports.start, imp, check_duplicates=True)
    house.carried(imp)
    assert (imp.state, imp.records, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 3, 2, 1)
    assert users() == ["user-1", "user-2"]


DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "like", "context": {"custom_context": {"a": ' + "[" * DEEP + "]" * DEEP + "}}}",
        '{"type": "like", "context": ' + '{"a": ' * DEEP + "1" + "}" * DEEP + "}",
        "[" * DEEP + "]" * DEEP,
        "[" * DEEP,
        '{"a":' * DEEP,
    ],
    ids=["lists", "objects", "no record", "never closed", "objects never closed"],
)
def test_nesting_100_000_deep_is_one_refused_record(house: House, text: str) -> None:
    imp = house.done(as_lines([record(1), text, record(2)]))
    assert (imp.state, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 2, 1)
    assert rejected(imp)[0]["_dojo"]["text"] == text


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"data":[', b"[{", b'{"data":[{"a":'])
def test_a_file_of_nesting_alone_gets_a_sentence(house: House, opening: bytes) -> None:
    imp = house.given(opening * DEEP)
    if imp.state == State.CHECKING:
        with house.at_work():
            imports.start(imp, check_duplicates=True)
        house.carried(imp)
        assert (imp.state, imp.accepted, imp.rejected > 0) == (State.FAILED, 0, True)
        assert imports.causes(imp)[0].rule
    else:
        assert (imp.state, imp.error.endswith(".")) == (State.FAILED, True)
    assert rows() == []


@pytest.mark.parametrize("form", [as_lines, as_list, as_object])
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"type": "rate", "rating": NaN}', "It is not valid JSON"),
        ('{"type": "rate", "rating": Infinity}', "It is not valid JSON"),
        ('{"type": "rate", "rating": -Infinity}', "It is not valid JSON"),
        ('{"type": "rate", "rating": 1e999}', "It is not valid JSON: a number is out of range."),
        ('{"type": "like", "user_id": "a", "user_id": "b"}', "It has the same key twice."),
    ],
)
def test_what_json_does_not_allow_costs_its_own_record_alone(house: House, form: Any, text: str, rule: str) -> None:
    imp = house.done(form([*records(10), text, *records(10, start=10)]))
    assert (imp.state, imp.records, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 21, 20, 1)
    (cause,) = imports.causes(imp)
    assert (cause.record, cause.rule[: len(rule)]) == (11, rule)


@pytest.mark.parametrize("form", [as_lines, as_list, as_object])
@pytest.mark.parametrize("wrong", [b"\xe9", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
def test_bytes_that_are_not_utf_8_cost_their_own_record_alone(house: House, form: Any, wrong: bytes) -> None:
    content = form([*records(10), record(77, user_id="HERE"), *records(10, start=10)]).replace(b"HERE", wrong)
    imp = house.done(content)
    assert (imp.state, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 20, 1)
    (cause,) = imports.causes(imp)
    assert (cause.record, cause.rule[:20]) == (11, "It is not UTF-8 text")


@pytest.mark.parametrize(
    ("name", "content", "compression"),
    [
        ("week.json", packed(as_lines(records(10))), "gzip"),
        ("week.csv", zstandard.compress(as_lines(records(10))), "zstd"),
        ("week.json.gz", as_lines(records(10)), ""),
        ("week.png", as_list(records(10)), ""),
        ("week", as_object(records(10)), ""),
    ],
)
def test_a_wrong_ending_does_not_matter(house: House, name: str, content: bytes, compression: str) -> None:
    imp = house.done(content, name=name)
    assert (imp.state, imp.compression, imp.accepted) == (State.DONE, compression, 10)


def test_a_file_packed_in_several_pieces_is_read_to_its_end(house: House) -> None:
    text = as_lines(records(40))
    content = b"".join(packed(text[start : start + 1000]) for start in range(0, len(text), 1000))
    assert house.done(content).accepted == 40


def test_what_stands_behind_a_packed_file_is_no_silent_loss(house: House) -> None:
    buffer = io.BytesIO()
    with GzipFile(fileobj=buffer, mode="wb") as file:
        file.write(as_lines(records(10)))
    imp = house.given(buffer.getvalue() + as_lines(records(10, start=10)))
    assert (imp.state, imp.error) == (State.FAILED, DAMAGED)


def test_two_people_who_import_at_once_into_one_environment_both_get_their_records(house: House) -> None:
    first = house.planned(as_lines(records(40)))
    mine = house.queue[:]
    second = house.planned(as_list([*records(40, start=20), {"type": "view"}]))
    others = [task for task in house.queue if task not in mine]
    for pair in zip(mine, others, strict=False):
        for task in pair:
            house.do(task)
    house.carried(first)
    house.carried(second)
    assert {first.accepted, second.accepted} == {40, 20}
    assert first.duplicates + second.duplicates == 20
    assert users() == sorted(f"user-{number}" for number in range(60))
    assert adds_up(first) and adds_up(second)


def test_what_no_one_has_thought_of_ends_with_a_reference(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_lines(records(20))
    for step in ("plan.cutting.blocks", "load.Reader.read", "commit.sift"):
        imp = house.started(content)
        with monkeypatch.context() as broken:
            broken.setattr(f"interactions.ingest.imports.{step}", broken_off)
            house.carried(imp)
        assert imp.state == State.FAILED
        assert "(reference " in imp.error and imp.error.endswith("ress Retry.")
        assert rows() == []
        house.ask(imports.retry, imp)
        assert house.carried(imp).state == State.DONE
        house.ask(imports.undo, imp)
        house.carry()


def test_a_file_that_could_not_be_looked_at_is_kept_to_be_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("interactions.ingest.imports.lifecycle.form_of", broken_off)
        imp = house.given(as_lines(records(20)))
    assert (imp.state, imp.started_at) == (State.FAILED, None)
    assert "(reference " in imp.error
    house.ask(imports.retry, imp)
    assert house.carried(imp).state == State.DONE
    assert imp.started_at is not None
    assert adds_up(imp)


def broken_off(*arguments: Any, **more: Any) -> Any:
    raise RuntimeError("Nobody has thought of this.")
