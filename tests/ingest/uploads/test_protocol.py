"""The headers of tus 1.0.0, read without a server."""

from base64 import b64encode

import pytest

from interactions.ingest.uploads import protocol
from interactions.ingest.uploads.protocol import UploadRefused

from .tus import metadata

ASKED = {"Upload-Length": "100", "Upload-Metadata": metadata(filename="week.jsonl", environment="production")}


def test_creation_reads_length_name_and_environment() -> None:
    asked = protocol.creation(ASKED)
    assert (asked.length, asked.file_name, asked.environment) == (100, "week.jsonl", "production")


def test_creation_keeps_the_metadata_as_it_was_written() -> None:
    written = ASKED["Upload-Metadata"] + ",is_last"
    assert protocol.creation({**ASKED, "Upload-Metadata": written}).metadata == written


@pytest.mark.parametrize("length", ["", "-1", "1.5", "0x10", "ten", "١٠", "9" * 19])
def test_a_length_that_is_no_whole_number_is_refused(length: str) -> None:
    with pytest.raises(UploadRefused, match="Upload-Length") as refusal:
        protocol.creation({**ASKED, "Upload-Length": length})
    assert refusal.value.status == 400


def test_a_missing_length_is_refused() -> None:
    with pytest.raises(UploadRefused, match="Upload-Length is missing"):
        protocol.creation({"Upload-Metadata": ASKED["Upload-Metadata"]})


@pytest.mark.parametrize("header", ["Upload-Defer-Length", "Upload-Concat"])
def test_extensions_that_are_not_offered_are_refused(header: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        protocol.creation({**ASKED, header: "1"})
    assert refusal.value.status == 400


@pytest.mark.parametrize("missing", ["filename", "environment"])
def test_metadata_has_to_name_file_and_environment(missing: str) -> None:
    pairs = {"filename": "week.jsonl", "environment": "production"}
    del pairs[missing]
    with pytest.raises(UploadRefused, match=missing):
        protocol.creation({**ASKED, "Upload-Metadata": metadata(**pairs)})


def test_metadata_values_may_be_absent() -> None:
    assert protocol.metadata("is_last, name YQ==") == {"is_last": b"", "name": b"a"}


@pytest.mark.parametrize(
    "written",
    ["a YQ==,a YQ==", "a YQ==,,b YQ==", "a not*base64", "a Y", "é YQ==", "a YQ==\tb", "a " + "A" * 4096],
    ids=["key twice", "empty key", "no Base64", "cut Base64", "no ASCII", "control character", "too long"],
)
def test_malformed_metadata_is_refused(written: str) -> None:
    with pytest.raises(UploadRefused, match="Upload-Metadata") as refusal:
        protocol.metadata(written)
    assert refusal.value.status == 400


def test_a_file_name_that_is_not_utf_8_is_refused() -> None:
    written = f"filename {b64encode(bytes([0xFF])).decode()},{metadata(environment='production')}"
    with pytest.raises(UploadRefused, match="UTF-8"):
        protocol.creation({**ASKED, "Upload-Metadata": written})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\dumps\\week.json", "week.json"),
        ("Übersicht 2024.json.gz", "Übersicht 2024.json.gz"),
        ("week\u202enosj.exe\n", "weeknosj.exe"),
        ("x" * 300 + ".json.gz", "x" * 214 + "…" + "x" * 32 + ".json.gz"),
    ],
)
def test_a_file_name_is_made_fit_to_be_shown(given: str, kept: str) -> None:
    asked = protocol.creation({**ASKED, "Upload-Metadata": metadata(filename=given, environment="production")})
    assert asked.file_name == kept
    assert len(asked.file_name) <= 255


def test_a_checksum_names_its_algorithm_and_digest() -> None:
    read = protocol.checksum({"Upload-Checksum": "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="})
    assert read is not None
    assert (read.algorithm, read.digest.hex()) == ("sha1", "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed")


@pytest.mark.parametrize(
    "value", ["crc32 AAAA", "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1", "sha1 AAAA", "sha1 ???", ""]
)
def test_a_checksum_that_cannot_be_checked_is_refused(value: str) -> None:
    with pytest.raises(UploadRefused, match="Upload-Checksum") as refusal:
        protocol.checksum({"Upload-Checksum": value})
    assert refusal.value.status == 400


def test_the_overriding_method_wins() -> None:
    assert protocol.method("POST", {"X-HTTP-Method-Override": "patch"}) == "PATCH"
    assert protocol.method("POST", {}) == "POST"


def test_a_harmless_method_cannot_be_overridden_into_a_change() -> None:
    with pytest.raises(UploadRefused) as refusal:
        protocol.method("GET", {"X-HTTP-Method-Override": "DELETE"})
    assert refusal.value.status == 405


def test_a_body_of_unknown_length_is_refused() -> None:
    with pytest.raises(UploadRefused) as refusal:
        protocol.body_length({"Transfer-Encoding": "chunked"})
    assert refusal.value.status == 411


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0.1"])
def test_another_version_is_refused_with_ours(version: str | None) -> None:
    with pytest.raises(UploadRefused) as refusal:
        protocol.check_version({} if version is None else {"Tus-Resumable": version})
    assert refusal.value.status == 412
    assert refusal.value.headers == {"Tus-Version": "1.0.0"}
