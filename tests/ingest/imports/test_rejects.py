"""The refused records: kept as they came, to be mended and dropped in again."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from interactions.contract import schema
from interactions.ingest import imports
from interactions.models import Import

from .files import BAD, Record, as_lines, as_list, as_object, record, records
from .house import House, rejected, rows, users

State = Import.State
forms = pytest.mark.parametrize("form", [as_lines, as_list, as_object])


def refused_lines(imp: Import) -> bytes:
    path = imports.rejected_path(imp)
    assert path is not None
    return gzip.decompress(path.read_bytes())


def test_an_import_without_rejects_has_no_file_of_them(house: House) -> None:
    assert imports.rejected_path(house.done(as_lines(records(20)))) is None


@forms
def test_each_line_is_the_record_with_a_note_of_its_number_its_place_and_its_problems(
    house: House, form: Callable[..., bytes]
) -> None:
    made: list[Record] = records(60)
    for number in (3, 33, 57):
        made[number] = record(number, type="view", timestamp="yesterday")
    text = form(made)
    lines = rejected(house.done(text))
    for line, number in zip(lines, (3, 33, 57), strict=True):
        note, types = line.pop("_dojo"), ", ".join(schema.TYPES)
        assert line == made[number]
        assert note["record"] == number + 1
        assert text[note["offset"] :].startswith(json.dumps(made[number]).encode())
        assert note["problems"] == [
            f"data.{number}.type (view) is invalid. It is not an interaction type. The types are {types}.",
            f"data.{number}.timestamp (yesterday) is invalid. "
            "It must be a date and time with an offset, such as 2024-03-01T09:41:07Z.",
        ]


def test_mended_they_are_imported_and_nothing_is_lost(house: House) -> None:
    made: list[Record] = records(40)
    for number in (3, 33):
        made[number] = record(number, type="view")
    imp = house.done(as_lines(made))
    again = house.done(refused_lines(imp).replace(b'"type": "view"', b'"type": "like"'))
    assert (again.state, again.accepted, again.rejected) == (State.DONE, 2, 0)
    assert users() == sorted(f"user-{number}" for number in range(40))
    assert all(row["extra"] is None for row in rows())


def test_a_mended_record_is_the_same_as_one_that_never_had_a_note(house: House) -> None:
    imp = house.done(as_lines([record(1, type="view"), record(2)]))
    house.done(as_lines([record(1, type="like")]))
    again = house.done(refused_lines(imp).replace(b'"type": "view"', b'"type": "like"'))
    assert (again.accepted, again.duplicates) == (0, 1)


def test_unmended_they_are_refused_again_and_again_with_one_note_each(house: House) -> None:
    made = [record(1), record(2, type="view"), '{"type": "like", "user_id": NaN}', "no JSON at all", "{}"]
    first = house.done(as_lines(made))
    before = rejected(first)
    assert len(before) == 4
    content = refused_lines(first)
    for _ in range(3):
        imp = house.done(content)
        assert (imp.accepted, imp.rejected) == (0, 4)
        content = refused_lines(imp)
        for line, known in zip(rejected(imp), before, strict=True):
            assert content.count(b'"_dojo"') == 4
            assert {**line, "_dojo": None} == {**known, "_dojo": None}
            assert line["_dojo"].get("text") == known["_dojo"].get("text")


def test_mended_after_they_were_refused_again_they_are_imported(house: House) -> None:
    content = as_lines([record(1, type="view")])
    for _ in range(3):
        content = refused_lines(house.done(content))
    imp = house.done(content.replace(b'"type": "view"', b'"type": "like"'))
    assert (imp.state, imp.accepted) == (State.DONE, 1)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON at all",
        '{"type": "like", "user_id": ',
        '{"type": "rate", "rating": NaN}',
        '"a string"',
        "{" * 5000,
        '{"type": "like", "user_id": "a\tb"}',
        r'{"type": "like", "user_id": "\ud83d"}',
    ],
)
def test_what_is_no_json_object_is_kept_as_text(house: House, text: str) -> None:
    imp = house.done(as_lines([record(1), text, record(2)]))
    (line,) = rejected(imp)
    assert line == {"_dojo": line["_dojo"]}
    assert line["_dojo"]["text"] == text


def test_bytes_that_are_no_text_are_shown_as_far_as_they_are(house: House) -> None:
    imp = house.done(as_lines([record(1)]) + b'{"type": "like", "user_id": "caf\xe9"}\n')
    (line,) = rejected(imp)
    assert line["_dojo"]["text"] == '{"type": "like", "user_id": "caf�"}'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("form", [as_list, as_object])
def test_a_record_over_several_lines_becomes_one(house: House, form: Callable[..., bytes], end: str) -> None:
    bad = record(5, type="view", context={"page": {"url": "https://a.example/"}, "custom_context": {"a": [1, 2]}})
    made: list[Any] = [json.dumps(each, indent=4).replace("\n", end) for each in (*records(5), bad)]
    imp = house.done(form(made))
    assert refused_lines(imp).count(b"\n") == 1
    (line,) = rejected(imp)
    assert {name: value for name, value in line.items() if name != "_dojo"} == bad


def test_values_come_back_as_they_were_written(house: House) -> None:
    text = r'{ "type" : "view", "revenue": 1.10, "user_id": "caf\u00e9 \"x\" ü\\", "product_ids" : [ ] , "n": 1e400 }'
    again = refused_lines(house.done(as_lines([text]))).decode()
    # A number that no float can hold is no JSON to every reader, so this one stands in the note.
    assert json.loads(again)["_dojo"]["text"] == text
    text = text.replace("1e400", "12345678901234567890123")
    assert text.strip("{ ") in refused_lines(house.done(as_lines([text]))).decode()


def test_a_record_that_is_too_large_is_told_by_its_beginning(house: House, settings: Any) -> None:
    settings.IMPORT_RECORD_BYTES = 2048
    made = [*records(5), record(6, user_id="x" * 9000), *records(5, start=7)]
    imp = house.done(as_lines(made))
    assert (imp.records, imp.accepted, imp.rejected) == (11, 10, 1)
    (line,) = rejected(imp)
    assert line["_dojo"]["text"] in json.dumps(made[5])
    assert len(line["_dojo"]["text"]) <= 2048


def test_a_note_that_a_tool_has_moved_is_still_replaced(house: House) -> None:
    content = as_lines([record(1, type="view"), "no JSON at all"])
    moved = [dict(reversed(list(line.items()))) for line in rejected(house.done(content))]
    lines = rejected(house.done(as_lines([record(5), *moved])))
    assert [line["_dojo"]["record"] for line in lines] == [2, 3]
    assert {**lines[0], "_dojo": 0} == {**record(1, type="view"), "_dojo": 0}


def test_the_numbers_run_on_over_blocks_that_were_read_out_of_order(house: House) -> None:
    made = [BAD if number % 7 == 0 else record(number) for number in range(60)]
    imp = house.planned(as_lines(made))
    for task in reversed(house.queue[:]):
        house.do(task)
    house.carried(imp)
    assert [line["_dojo"]["record"] for line in rejected(imp)] == [number + 1 for number in range(0, 60, 7)]
