"""What a file is, found from its bytes."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactions.codec.source import Shape, shape_of
from interactions.codec.split.windows import Format
from interactions.errors import FileRefused

LIKE = b'{"type":"like"}'
BOM = b"\xef\xbb\xbf"
NO_DATA = 'The file is one JSON object without a list called "data": put the records into that list.'
NOT_JSON = "The file is not JSON: it must begin with { or [."
CUT = "The file ends in the middle of its first record."


def shape(text: bytes) -> Shape:
    return shape_of(io.BytesIO(text))


def refusal(text: bytes) -> str:
    with pytest.raises(FileRefused) as caught:
        shape(text)
    return str(caught.value)


class TestShape:
    @pytest.mark.parametrize(
        ("text", "form"),
        [
            (b"[" + LIKE + b"]", Format.ARRAY),
            (b"[]", Format.ARRAY),
            (b"[", Format.ARRAY),
            (b"[" + LIKE + b"]\n[" + LIKE + b"]", Format.LISTS),
            (b'{"data":[]}', Format.OBJECT),
            (b'{ "data" : [', Format.OBJECT),
            (b'{"a":{"data":[1]},"b":[[]],"c":"data\\"","d":-1.5e3,"e":null,"data":[' + LIKE, Format.OBJECT),
            (b'{"data":[' + LIKE + b']}{"data":[]}', Format.BODIES),
            (LIKE, Format.LINES),
            (LIKE + b"\n", Format.LINES),
            (LIKE + b"\r\n" + LIKE, Format.LINES),
            (LIKE + b",\n" + LIKE + b",", Format.LINES),
            (LIKE + LIKE, Format.OBJECTS),
            (b'{\n"type":"like"}\n{\n"type":"like"\n}', Format.OBJECTS),
            (b"[" + LIKE + b"]\n" + LIKE, Format.MIX),
            (LIKE + b'\n{"data":[' + LIKE + b"]}", Format.MIX),
            (b'{"user_id":"a"}\n' + LIKE, Format.LINES),
            (b'{"type":"like","timestamp":NaN}\n' + LIKE, Format.LINES),
            (b'{"user_id":"a",,}\n' + LIKE + b"\n" + LIKE, Format.LINES),
            (b'{"user_id":"a\n' + LIKE + b"\n" + LIKE, Format.LINES),
            (b'{"type":"like', Format.LINES),
            (b'{"type":"like","user_id":"' + b"x" * 5_000_000, Format.LINES),
            (b'{"data":{"type":"like"},"type":"like"}\n', Format.LINES),
            (b'{"type":"like","a":' + b"[" * 30_000 + b"]" * 30_000 + b"}\n" + LIKE, Format.LINES),
        ],
    )
    def test_is_found_whatever_stands_before(self, text: bytes, form: Format) -> None:
        for before in (b"", BOM, b" \r\n\t", BOM + b"\n", b"\n" * 100_000):
            assert shape(before + text).format is form

    def test_tells_what_is_open_where_the_first_record_begins(self) -> None:
        assert shape(LIKE).inside == ()
        assert shape(b"[[" + LIKE).inside == (None, None)
        assert shape(b'{"n":1,"data": [' + LIKE + b"]}").inside == (frozenset(["n", "data"]),)

    def test_is_found_behind_much_else(self) -> None:
        for size in (70_000, 2_000_000):
            text = b'{"note":"' + b"x" * size + b'","list":[' + b"1," * size + b'1],"data":['
            assert shape(text + LIKE) == Shape(Format.OBJECT, (frozenset(["note", "list", "data"]),))

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (b"", "The file has no records."),
            (b" \n\t\r\n", "The file has no records."),
            (BOM, "The file has no records."),
            (b"\n" * 100_000, "The file has no records."),
            (b"type,user_id\nlike,a\n", NOT_JSON),
            (b'"like"', NOT_JSON),
            (b"null", NOT_JSON),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "The file is a PNG picture, not JSON."),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", "The file is a JPEG picture, not JSON."),
            (b"%PDF-1.7", "The file is a PDF document, not JSON."),
            (b"<!doctype html>", "The file is HTML or XML, not JSON."),
            (b"\x7fELF\x00\x00", "The file is not text: records must be JSON in UTF-8."),
            (b"[1,2]", "The file is a JSON list, but not of objects: each record must be an object."),
            (b'["like"]', "The file is a JSON list, but not of objects: each record must be an object."),
            (b'{"records":[' + LIKE + b"]}", NO_DATA),
            (b'{"records":[' + LIKE + b"]}\n", NO_DATA),
            (b'{\n "records": [\n  ' + LIKE + b"\n ]\n}\n", NO_DATA),
            (b'{"records":[\n' + (LIKE + b",\n") * 100_000 + b"]}", NO_DATA),
            (b'{"data":{"type":"like"}}', NO_DATA),
            (b'{"data":null}', NO_DATA),
            (b"{}", NO_DATA),
            (b"{", CUT),
            (b'{"da', CUT),
            (b'{"user_id":"a', CUT),
            (b'{"n":12', CUT),
            (b"[" * 500 + b"]" * 500, "The file's lists are nested more than 16 levels deep."),
            (b"[" * 100_000, "The file's lists are nested more than 16 levels deep."),
            (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "The file is one JSON object, nested more than 100 levels deep."),
            (
                b'{"a":"' + b"x" * 9_000_000,
                'The file is a JSON object in which no list called "data" begins within the first 4 MB.',
            ),
        ],
    )
    def test_of_what_is_no_file_of_records_is_said(self, text: bytes, sentence: str) -> None:
        assert refusal(text) == sentence

    @settings(max_examples=300)
    @given(st.binary(max_size=100) | st.text('{}[]",:\\ \ndatype1', max_size=60).map(str.encode))
    @example(b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}\n{}")
    @example(b'{"a":[[]]\xff}\n\xff')
    def test_no_bytes_raise_anything_else(self, text: bytes) -> None:
        with suppress(FileRefused):
            assert shape(text).format in Format
