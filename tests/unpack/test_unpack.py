"""What a file is packed in is found from its bytes, taken off layer by layer, and nothing of it is lost in silence."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.errors import FileRefused
from interactions.privacy.uploaded import readable

from .archives import RECORDS, member, tarred, text_of, zipped

HALF = RECORDS.index(b"\n", len(RECORDS) // 2) + 1
PIECES = RECORDS[:HALF], RECORDS[HALF:]
DAMAGED = "The file is compressed, but can't be unpacked: it's damaged or incomplete."


def zipped_by(method: int, pack: Any, content: bytes) -> bytes:
    """A ZIP archive of one file, packed by a method that the standard library does not write."""
    packed = pack(content)
    middle = struct.pack("<HHHHIIIHH", 0, method, 0, 0, zlib.crc32(content), len(packed), len(content), 1, 0)
    file = b"PK\x03\x04" + struct.pack("<H", 63) + middle + b"a" + packed
    listed = b"PK\x01\x02" + struct.pack("<HH", 63, 63) + middle + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"a"
    return file + listed + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(listed), len(file), 0)


def skippable(content: bytes, number: int = 0) -> bytes:
    return struct.pack("<II", 0x184D2A50 + number, len(content)) + content


def refusal(folder: Path, content: bytes, **options: Any) -> str:
    with pytest.raises(FileRefused) as caught:
        text_of(folder, content, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "layers"),
    [
        pytest.param(RECORDS, "", id="plain"),
        pytest.param(gzip.compress(PIECES[0]) + gzip.compress(PIECES[1]), "gzip", id="gzip of two members"),
        pytest.param(gzip.compress(RECORDS) + bytes(700), "gzip", id="gzip filled up with zeros"),
        pytest.param(gzip.compress(gzip.compress(gzip.compress(RECORDS))), "gzip, gzip, gzip", id="gzip in gzip"),
        pytest.param(b"".join(map(zstandard.compress, PIECES)), "zstd", id="zstd of two frames"),
        pytest.param(
            skippable(b"size") + zstandard.compress(PIECES[0]) + skippable(b"") + zstandard.compress(PIECES[1])
            + skippable(bytes(3000), 15),
            "zstd",
            id="zstd with frames to be skipped",
        ),
        pytest.param(gzip.compress(zstandard.compress(RECORDS)), "gzip, zstd", id="zstd in gzip"),
        pytest.param(b"".join(map(bz2.compress, PIECES)), "bzip2", id="bzip2 of two streams"),
        pytest.param(b"".join(map(lzma.compress, PIECES)), "xz", id="xz of two streams"),
        pytest.param(lzma.compress(PIECES[0]) + bytes(8) + lzma.compress(PIECES[1]), "xz", id="xz, filled up"),
        pytest.param(lzma.compress(bz2.compress(gzip.compress(RECORDS))), "xz, bzip2, gzip", id="bzip2 in xz"),
        pytest.param(lzma.compress(tarred({"a": RECORDS})), "xz, tar", id="tar.xz"),
        pytest.param(bz2.compress(tarred({"a": RECORDS})), "bzip2, tar", id="tar.bz2"),
        pytest.param(zipped({"a.json": RECORDS}), "zip", id="zip"),
        pytest.param(zipped(dict(zip("ab", PIECES, strict=True)), zipfile.ZIP_BZIP2), "zip", id="zip by bzip2"),
        *(
            pytest.param(zipped_by(method, pack, RECORDS), "zip", id=f"zip by method {method}")
            for method, pack in ((93, zstandard.compress), (95, lzma.compress))
        ),
        pytest.param(zipped({"a.json": RECORDS}, zipfile.ZIP_STORED), "zip", id="zip, stored"),
        pytest.param(zipped(dict(zip("ab", PIECES, strict=True)), through_a_pipe=True), "zip", id="zip, sizes behind"),
        pytest.param(zipped({"b/": b"", "b/1": PIECES[0], "a": PIECES[1]}), "zip", id="zip with a folder"),
        pytest.param(zipped({"a": PIECES[0]}) + zipped({"b": PIECES[1]}), "zip", id="zip after zip"),
        pytest.param(zipped({"a.zip": zipped({"a.json": RECORDS})}), "zip, zip", id="zip in zip"),
        pytest.param(gzip.compress(zipped({"a": RECORDS})), "gzip, zip", id="zip in gzip"),
        pytest.param(zipped({"a.gz": gzip.compress(RECORDS)}), "zip, gzip", id="gzip in zip"),
        pytest.param(tarred(dict(zip("ab", PIECES, strict=True))), "tar", id="tar"),
        pytest.param(tarred({"x" * 300: RECORDS}), "tar", id="tar with a long name"),
        pytest.param(tarred({"x" * 300: RECORDS}, tarfile.GNU_FORMAT), "tar", id="tar by GNU"),
        pytest.param(tarred({"x": RECORDS}, tarfile.USTAR_FORMAT).replace(b"ustar\x0000", b""), "", id="no tar at all"),
        pytest.param(gzip.compress(tarred({"a": RECORDS})), "gzip, tar", id="tar.gz"),
        pytest.param(zstandard.compress(tarred({"a": RECORDS})), "zstd, tar", id="tar.zst"),
        pytest.param(tarred({"a": PIECES[0]}) + tarred({"b": PIECES[1]}), "tar", id="tar after tar"),
        *(
            pytest.param(mark + RECORDS.decode().encode(encoding), encoding[:6].upper(), id=f"{encoding} {len(mark)}")
            for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
            for mark in (b"", "\ufeff".encode(encoding))
        ),
        pytest.param(zipped({"a": RECORDS.decode().encode("utf-16")}), "zip, UTF-16", id="UTF-16 in zip"),
    ],
)  # fmt: skip
def test_the_text_is_found_whatever_it_is_packed_in(tmp_path: Path, content: bytes, layers: str) -> None:
    if layers or content == RECORDS:
        assert text_of(tmp_path, content) == (RECORDS, layers, "")


def test_the_text_of_files_in_an_archive_comes_in_their_order_and_each_begins_a_line(tmp_path: Path) -> None:
    found, _, _ = text_of(tmp_path, zipped({"b.json": b'{"n":1}', "c.json": b" \n", "a.json": b'{"n":2}'}))
    assert found == b'{"n":1}\n{"n":2}\n'


def test_what_systems_put_into_archives_is_left_out_without_a_word(tmp_path: Path) -> None:
    files = {
        "__MACOSX/._a.json": b"\x00\x05\x16\x07", "data/._a.json": b"{", "data/.DS_Store": b"{", "a.json": RECORDS,
        "PaxHeaders.0/a.json": b"{", "empty.json": b"",
    }  # fmt: skip
    for content in (zipped(files), zipped(files, through_a_pipe=True), tarred(files)):
        found, _, left_out = text_of(tmp_path, content)
        assert (found, left_out) == (RECORDS, "")


def test_files_that_hold_no_json_are_left_out_and_named(tmp_path: Path) -> None:
    files = {"README.txt": b"Read me.", "a.json": RECORDS, "b.csv": b"type,user_id\nlike,a\n"}
    sentence = "2 files in the archive have no JSON and were left out: README.txt, b.csv."
    for content in (zipped(files), gzip.compress(tarred(files))):
        assert text_of(tmp_path, content)[::2] == (RECORDS, sentence)
    one = tarred({"a": RECORDS, "b.png": b"\x89PNG"})
    assert text_of(tmp_path, one)[2] == "1 file in the archive has no JSON and was left out: b.png."
    many = zipped({"a": RECORDS} | {f"{number:02}.txt": b"x" for number in range(1000)})
    assert text_of(tmp_path, many)[2].endswith("08.txt, 09.txt and 990 more.")


def test_a_name_that_no_sentence_can_hold_is_shown_without_what_it_cannot(tmp_path: Path) -> None:
    left_out = text_of(tmp_path, zipped({"a": RECORDS, "b\n\x1b" + "x" * 300: b"x"}))[2]
    assert left_out.endswith(f"left out: {'x' * 200}.")
    assert text_of(tmp_path, tarred({"a": RECORDS, "b\n\x1b.txt": b"x"}))[2].endswith("left out: b��.txt.")


def test_they_are_read_where_everything_is_asked_for(tmp_path: Path) -> None:
    content = zipped({"b.csv": b"like,alice\n", "a.json": RECORDS})
    assert text_of(tmp_path, content, everything=True)[0] == b"like,alice\n" + RECORDS


def test_links_in_a_tar_archive_are_named(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        archive.addfile(member("a.json", len(RECORDS)), io.BytesIO(RECORDS))
        link = member("b.json", kind=tarfile.LNKTYPE)
        link.linkname = "a.json"
        archive.addfile(link)
        archive.addfile(member("folder", kind=tarfile.DIRTYPE))
        archive.addfile(member("pipe", kind=tarfile.FIFOTYPE))
    found, _, left_out = text_of(tmp_path, sink.getvalue())
    assert (found, left_out[-42:]) == (RECORDS, "has no JSON and was left out: b.json (a link)."[-42:])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(zipped({"a.csv": b"a", "b.txt": b""}), "The archive has no JSON, but a.csv.", id="no JSON"),
        pytest.param(
            zipped({"a.json": RECORDS}, zipfile.ZIP_LZMA),
            "a.json in the ZIP archive is packed with LZMA: pack it with Deflate.",
            id="another method",
        ),
        pytest.param(
            zipped({"a.json": RECORDS}, zipfile.ZIP_STORED, through_a_pipe=True),
            "a.json in the ZIP archive is stored without its size: pack it with Deflate.",
            id="stored without a size",
        ),
        pytest.param(
            zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}),
            "The file is, or has in it, an Office document. Import an Excel workbook by itself, without packing it.",
            id="an Excel workbook",
        ),
    ],
)  # fmt: skip
def test_an_archive_that_is_not_read_is_refused_with_what_to_do(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert refusal(tmp_path, content) == sentence


def test_an_encrypted_file_is_named(tmp_path: Path) -> None:
    content = bytearray(zipped({"secret.json": RECORDS}))
    content[6] |= 1
    sentence = "secret.json in the ZIP archive is encrypted: pack it without a password."
    assert refusal(tmp_path, bytes(content)) == sentence


def test_a_file_that_its_archive_no_longer_lists_is_not_read_in_silence(tmp_path: Path) -> None:
    two, one = zipped({"a": PIECES[0], "b": PIECES[1]}), zipped({"a": PIECES[0]})
    listed = one[one.index(b"PK\x01\x02") :]
    assert refusal(tmp_path, two[: two.index(b"PK\x01\x02")] + listed).endswith("pack it again.")


def test_a_sparse_file_is_named(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        sparse = member("a.json", len(RECORDS))
        sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
        archive.addfile(sparse, io.BytesIO(RECORDS))
    assert refusal(tmp_path, sink.getvalue()).startswith("a.json is a sparse file")


PACKED = {
    "gzip": gzip.compress(RECORDS),
    "gzip in gzip": gzip.compress(gzip.compress(RECORDS)),
    "zstd": skippable(b"size") + zstandard.ZstdCompressor(write_checksum=True).compress(RECORDS),
    "bzip2": bz2.compress(RECORDS),
    "xz": lzma.compress(RECORDS),
    "zip": zipped(dict(zip("ab", PIECES, strict=True))),
    "zip by bzip2": zipped(dict(zip("ab", PIECES, strict=True)), zipfile.ZIP_BZIP2),
    "zip by xz": zipped_by(95, lzma.compress, RECORDS),
    "zip through a pipe": zipped(dict(zip("ab", PIECES, strict=True)), through_a_pipe=True),
    "tar": tarred(dict(zip("ab", PIECES, strict=True))),
    "tar.gz": gzip.compress(tarred(dict(zip("ab", PIECES, strict=True)))),
}


@pytest.mark.parametrize("kind", PACKED)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_cut_short_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, kind: str, data: Any) -> None:
    whole = PACKED[kind]
    # Of a tar archive the zeros at its end may be fewer, but not none; what comes before 512 bytes is no archive.
    last = len(whole.rstrip(b"\x00")) if kind == "tar" else len(whole) - 1
    left = data.draw(st.integers(600 if kind == "tar" else 20, last))
    assert refusal(tmp_path_factory.mktemp("cut"), whole[:left]) == DAMAGED


@pytest.mark.parametrize("kind", [kind for kind in PACKED if kind != "tar"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_anywhere_gives_the_same_text_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: Any
) -> None:
    content = bytearray(PACKED[kind])
    content[data.draw(st.integers(12, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found, _, left_out = text_of(tmp_path_factory.mktemp("damaged"), bytes(content))
    except FileRefused:
        pass
    else:
        assert found == RECORDS and not left_out


@pytest.mark.parametrize("kind", [kind for kind in PACKED if kind != "gzip in gzip"])
def test_what_is_still_arriving_is_read_as_far_as_it_goes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "arriving"
    lines = b"".join(json.dumps({"user_id": f"{n:x}" * 9}).encode() + b"\n" for n in range(9 << 10))
    pack = {
        "gzip": gzip.compress, "zstd": zstandard.compress, "tar": lambda text: tarred({"a": text}),
        "bzip2": lambda text: bz2.compress(text, 1), "xz": lzma.compress,
    }  # fmt: skip
    whole = pack.get(kind, lambda text: zipped({"a.csv": text, "b": text}))(lines)
    path.write_bytes(whole[: 3 * len(whole) // 4])
    found = b"".join(readable(path))
    assert len(found) > len(lines) // 3 and (lines + b"\n" + lines).startswith(found)


def test_a_damaged_header_does_not_end_a_tar_archive_in_silence(tmp_path: Path) -> None:
    whole = tarred(dict(zip("ab", PIECES, strict=True)))
    second = whole.rindex(b"ustar") - 257
    assert refusal(tmp_path, whole[:second] + b"x" * 512 + whole[second + 512 :]) == DAMAGED


@pytest.mark.parametrize(
    "content", [zipped({}), tarred({}), gzip.compress(tarred({}), mtime=0), zipped({"a": b"", "b": b" \n"})]
)
def test_an_archive_without_anything_has_no_text(tmp_path: Path, content: bytes) -> None:
    found, layers, left_out = text_of(tmp_path, content)
    assert (found, left_out) == (b"", "") and layers


def test_an_xz_file_that_takes_much_memory_is_refused_with_what_to_do(tmp_path: Path) -> None:
    wide = lzma.compress(RECORDS, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}])
    assert refusal(tmp_path, wide).startswith("Unpacking the file takes more than 128 MB of memory")
    assert text_of(tmp_path, lzma.compress(RECORDS, preset=9 | lzma.PRESET_EXTREME))[0] == RECORDS


MAGIC = st.sampled_from([b"PK\x03\x04", b"\x1f\x8b", b"(\xb5/\xfd", b"BZh9", b"\xfd7zXZ\x00", b"\xff\xfe", b'"{', b""])


@settings(max_examples=200, deadline=None)
@given(st.builds(bytes.__add__, MAGIC, st.binary(max_size=2000)))
def test_no_bytes_raise_anything_but_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    try:
        text_of(tmp_path_factory.mktemp("bytes"), content)
    except FileRefused:
        pass


@pytest.mark.parametrize(
    "content", [pack(RECORDS) + b"x" for pack in (gzip.compress, zstandard.compress, bz2.compress, lzma.compress)]
)
def test_what_stands_behind_what_is_packed_is_no_silent_loss(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == DAMAGED
