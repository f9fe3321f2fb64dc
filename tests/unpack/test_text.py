"""What else a text may be written in: wide characters, JSON in strings, the words of mongoexport."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interactions.unpack import open_text

from .archives import RECORDS, text_of


class TestWideText:
    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    def test_what_is_no_character_costs_its_own_line_alone(self, tmp_path: Path, encoding: str) -> None:
        wrong = b"\xd8\x00" if "16" in encoding else b"\x00\x11\x00\x00"
        wrong = wrong[::-1] if encoding.endswith("le") else wrong
        lines = ['{"n":1}\n'.encode(encoding), '{"n":"'.encode(encoding) + wrong + '"}\n'.encode(encoding)]
        found = text_of(tmp_path, b"".join([*lines, '{"n":3}\n'.encode(encoding)]))[0].splitlines()
        assert (found[0], found[2]) == (b'{"n":1}', b'{"n":3}')
        with pytest.raises(UnicodeDecodeError):
            found[1].decode()

    def test_characters_beyond_the_first_plane_are_read_wherever_they_are_cut(self, tmp_path: Path) -> None:
        text = '{"a":"' + "🎈" * 200_000 + '"}\n'
        assert text_of(tmp_path, b"\xff\xfe" + text.encode("utf-16-le"))[0] == text.encode()

    def test_half_a_line_end_is_nothing_and_half_of_anything_else_shows(self, tmp_path: Path) -> None:
        whole = '{"n":1}\n'.encode("utf-16-le")
        assert text_of(tmp_path, whole[:-1])[0] == b'{"n":1}'
        with pytest.raises(UnicodeDecodeError):
            text_of(tmp_path, whole[:-3])[0].decode()


class TestStrings:
    LINES = RECORDS.decode().splitlines()

    @pytest.mark.parametrize("times", [1, 2])
    def test_that_hold_records_are_read_as_those(self, tmp_path: Path, times: int) -> None:
        lines = self.LINES
        for _ in range(times):
            lines = [json.dumps(line, ensure_ascii=False) for line in lines]
        layers = ", ".join(["JSON in strings"] * times)
        assert text_of(tmp_path, "\n".join(lines).encode()) == (RECORDS, layers, "")
        assert text_of(tmp_path, ("[" + ",\n".join(lines) + "]").encode()) == (RECORDS, layers, "")

    def test_beside_what_is_no_string_lose_nothing(self, tmp_path: Path) -> None:
        content = b'"{\\"n\\":1}"\n{"n":2}\n"\\x"\nnull\n"open'
        assert text_of(tmp_path, content)[0] == b'{"n":1}\n{"n":2}\n"\\x"\nnull\n"open'

    def test_of_any_length_are_read_with_work_that_grows_with_them(self, tmp_path: Path) -> None:
        long = json.dumps({"type": "like", "user_id": "x" * (3 << 20)})
        found = text_of(tmp_path, (json.dumps(long) + "\n" + json.dumps("{}")).encode())[0]
        assert found == long.encode() + b"\n{}\n"

    def test_that_hold_anything_else_are_left_as_they_are(self, tmp_path: Path) -> None:
        for content in (b'["like"]', b'"like"\n"view"\n', b'"type","user_id"\n"like","a"\n'):
            assert text_of(tmp_path, content) == (content, "", "")


class TestMongoexport:
    @pytest.mark.parametrize(
        ("given", "right"),
        [
            ('{"$date": "2024-03-01T10:00:00Z"}', '"2024-03-01T10:00:00Z"'),
            ('{"$date":{"$numberLong":"1709287200123"}}', '"2024-03-01T10:00:00.123+00:00"'),
            ('{"$date": 1709287200000}', '"2024-03-01T10:00:00.000+00:00"'),
            ('{\n  "$oid" : "65e1a0b0aaaaaaaaaaaaaa00"\n}', '"65e1a0b0aaaaaaaaaaaaaa00"'),
            ('{"$numberLong":"-5"}', "-5"),
            ('{"$numberInt":"5"}', "5"),
            ('{"$numberDouble":"1.5"}', "1.5"),
            ('{"$numberDecimal":"12.50"}', "12.50"),
            ('{"$numberDouble":"NaN"}', '{"$numberDouble":"NaN"}'),
            ('{"$numberLong":"0x5"}', '{"$numberLong":"0x5"}'),
            ('{"$date":{"$numberLong":"99999999999999999"}}', '{"$date":{"$numberLong":"99999999999999999"}}'),
            ('"{\\"$oid\\":\\"65e1a0b0aaaaaaaaaaaaaa00\\"}"', '"{\\"$oid\\":\\"65e1a0b0aaaaaaaaaaaaaa00\\"}"'),
        ],
    )
    def test_values_are_read_as_what_they_stand_for(self, tmp_path: Path, given: str, right: str) -> None:
        before = '{"_id":{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"},"type":"like","a":'
        found, layers, left_out = text_of(tmp_path, f"{before}{given}}}".encode())
        assert left_out == 'The "_id" that MongoDB added was left out of 1 record.'
        assert (found.decode(), layers) == (f'{{"type":"like","a":{right}}}', "mongoexport")

    def test_ids_that_mongodb_gave_are_left_out_of_records_alone(self, tmp_path: Path) -> None:
        oid = '{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"}'
        content = f'[{{"_id":{oid},"a":{{"_id":{oid},"b":1}}}},{{"_id":{oid},"a":2}}]'.encode()
        assert text_of(tmp_path, content)[0] == b'[{"a":{"_id":"65e1a0b0aaaaaaaaaaaaaa00","b":1}},{"a":2}]'

    @pytest.mark.parametrize("form", ["{}\n{}\n", "[{},{}]", '{{"data":[{},{}]}}', "[\n{},\n{}\n]"])
    def test_ids_within_records_are_kept_and_those_of_records_are_counted(self, tmp_path: Path, form: str) -> None:
        oid = '{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"}'
        record = f'{{"_id":{oid},"type":"like","context":{{"a":[{{"_id":{oid},"b":"}}"}},{{"_id":{oid},"b":2}}]}}}}'
        plain = record.replace(f'"_id":{oid},', "", 1).replace(oid, oid[8:-1])
        found, _, left_out = text_of(tmp_path, form.format(record, record).encode())
        assert found.decode().strip() == form.format(plain, plain).strip()
        assert left_out == 'The "_id" that MongoDB added was left out of 2 records.'

    def test_ids_are_left_out_beside_damaged_records(self, tmp_path: Path) -> None:
        line = b'{"_id":{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"},"type":"like"}\n'
        for damage in (b'{"type":"like","user_id":"a\n', b'{{"type":"like"\n', b'{"type":"like"}}}\n', b"\\\\\\\n"):
            found, _, left_out = text_of(tmp_path, (line + damage + line) * 10_000)
            assert found == (b'{"type":"like"}\n' + damage + b'{"type":"like"}\n') * 10_000
            assert left_out == 'The "_id" that MongoDB added was left out of 20,000 records.'

    def test_how_many_ids_were_left_out_so_far_is_said(self, tmp_path: Path) -> None:
        line = b'{"_id":{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"},"type":"like"}\n'
        (tmp_path / "long").write_bytes(line * 100_000)
        with open_text(tmp_path / "long") as text:
            text.read(1000)
            assert text.left_out.endswith("records so far.")

    def test_all_of_a_long_file_is_read_alike(self, tmp_path: Path) -> None:
        line = b'{"_id":{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"},"type":"rate","rating":{"$numberLong":"4"}}\n'
        assert text_of(tmp_path, line * 20_000)[0] == b'{"type":"rate","rating":4}\n' * 20_000

    def test_other_files_are_left_as_they_are(self, tmp_path: Path) -> None:
        content = b'{"type":"like","context":{"custom_context":{"a":{"$oid":"65e1a0b0aaaaaaaaaaaaaa00"}}}}\n'
        assert text_of(tmp_path, content) == (content, "", "")
