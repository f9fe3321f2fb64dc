"""What other tools write, or leave, in place of records is named with what to do."""

from __future__ import annotations

import json

import pytest

from interactions.codec.source import not_json
from interactions.ingest.imports.other_forms import other_form

RECORD = '{"type":"like","user_id":"a"}'
PYTHON = "The file holds Python dictionaries, not JSON: write them with json.dumps."
SCRIPT = "The file is a script, not JSON: keep only the list or the object of records in it."
KEYS = "The file holds JavaScript objects, not JSON, as keys have no quotes: write them with JSON.stringify."
PAGE = "The file is a web page, not JSON: an error page may have been saved in place of the data."


def prefixed(text: str) -> str:
    return f"Each line has something before its JSON (\"{text}\"): remove it, for example with sed 's/^[^{{]*//'."


def wrapped(name: str) -> str:
    return f'Each record is in a field "{name}" of another object: write that field alone, one per line.'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{'type': 'like', 'user_id': None}\n{'type': 'like'}\n", PYTHON),
        ("[{'type': 'like'}]", PYTHON),
        ("\ufeff\n{ u'it\\'s' : 1}", PYTHON),
        ('{type: "like", user_id: "a"}', KEYS),
        ('[\n  {\n    type: "like"', KEYS),
        ("var records = [" + RECORD + "];", SCRIPT),
        ("window.YTD.like.part0 = [ {", SCRIPT),
        ("module.exports = [", SCRIPT),
        ("callback([" + RECORD + "])", SCRIPT),
        (f"2024-03-01 09:00 INFO {RECORD}\n2024-03-01 09:01 INFO {RECORD}\n", prefixed("2024-03-01 09:00 INFO")),
        (f"Starting.\nuser-1\t{RECORD}\n", prefixed("user-1")),
        ("<!DOCTYPE html>\n<html><body>502 Bad Gateway", PAGE),
        ("\n<html>", PAGE),
        (
            '{"errors":true,"message":"The key is wrong.","data":["data.0.type is invalid."]}',
            'The file is an API response, not records. It says: "The key is wrong."',
        ),
        ('{"error": {"code": 401}}', 'The file is an API response, not records. It says: "{"code":401}"'),
        ("\n".join([json.dumps({"_source": json.loads(RECORD), "_id": "1"})] * 2), wrapped("_source")),
        (json.dumps({"offset": 1, "value": RECORD}), wrapped("value")),
    ],
)  # fmt: skip
def test_what_other_tools_write_is_named(text: str, sentence: str) -> None:
    assert other_form(text.encode()) == sentence


@pytest.mark.parametrize(
    "text",
    [
        RECORD,
        f"[{RECORD}]",
        f"\x1e{RECORD}\n\x1e{RECORD}\n",
        f'{{"data":[{RECORD}],"message":"Here you are."}}',
        '{"data":{"type":"like"}}',
        f"{{'type': 'like'}}\n{RECORD}\n",
        f"{RECORD}\nINFO {RECORD}\n",
        '{"user_id":"a","context":{"type":"like"}}\n',
        "type,user_id\nlike,a\n",
        "",
    ],
)
def test_what_may_be_records_is_left_to_be_read(text: str) -> None:
    assert other_form(text.encode()) is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"PAR1", "a Parquet file"),
        (b"Obj\x01", "an Avro file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an Office document, such as an Excel workbook"),
        (b"\x04\x22\x4d\x18", "packed with lz4: unpack it first, or pack it as .gz or .zst"),
        (b"LZIP\x01", "packed with lzip: unpack it first, or pack it as .xz"),
        (b"\x5d\x00\x00\x80", "packed with LZMA: unpack it first, or pack it as .xz"),
        (b"\x1f\x9d\x90", "packed with compress: unpack it first, or pack it as .gz"),
        (b"\xff\x06\x00\x00sNaPpY", "packed with Snappy: unpack it first, or pack it as .gz or .zst"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first, or pack it as .zip"),
        (b"Rar!\x1a\x07", "a RAR archive: unpack it first, or pack it as .zip"),
    ],
)
def test_other_formats_are_named(head: bytes, name: str) -> None:
    assert not_json(head) == f"The file is {name}" + ("." if ": " in name else ", not JSON.")


@pytest.mark.parametrize(
    "text", [b"{'" + b"\\" * 60_000, b"[" * 60_000, b"a" * 60_000, b" " * 60_000, b'{"a":' * 12_000]
)
def test_no_text_is_looked_at_for_long(text: bytes) -> None:
    assert other_form(text) is None
