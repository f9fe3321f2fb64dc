"""The bytes of an upload: where it stands, what it takes, and what happens when the line breaks."""

import io
import os
import resource
import time
from base64 import b64encode
from hashlib import md5, sha1, sha256
from pathlib import Path

import pytest

from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.ingest.uploads import content, receive
from interactions.models import Import, Upload
from tests import cast

from .tus import RECORDS, Tus, metadata

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_dir")]


def stored() -> bytes:
    return storage.upload_path(Import.objects.get()).read_bytes()


def cut(arrived: bytes, announced: int) -> dict:
    """What a server passes on when the line breaks after ``arrived``."""
    return {"wsgi.input": io.BytesIO(arrived), "CONTENT_LENGTH": str(announced)}


# Where it stands


def test_head_tells_offset_length_import_and_expiry(tus: Tus) -> None:
    address = tus.created(100)
    tus.patch(address, 0, b"hello")
    answer = tus.head(address)
    assert answer.status_code == 200
    assert (answer["Upload-Offset"], answer["Upload-Length"]) == ("5", "100")
    assert answer["Dojo-Import"] == str(Import.objects.get().pk)
    assert answer["Upload-Expires"].endswith(" GMT")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Tus-Resumable"] == "1.0.0"


def test_head_repeats_the_metadata_as_it_was_sent(tus: Tus) -> None:
    sent = metadata(filename="Übersicht.json", environment="playground", filetype="application/json")
    address = tus.create(100, Upload_Metadata=sent)["Location"]
    assert tus.head(address)["Upload-Metadata"] == sent


def test_nobody_else_finds_the_upload(tus: Tus) -> None:
    address = tus.created(100)
    ben = Tus(cast.analyst("ben"))
    for answer in (ben.head(address), ben.patch(address, 0, b"hello"), ben.delete(address)):
        assert answer.status_code == 404
        assert "Upload-Offset" not in answer
    assert stored() == b""


def test_an_upload_that_never_was_is_not_found(tus: Tus) -> None:
    assert tus.head("/uploads/" + "0" * 32 + "/").status_code == 404


def test_without_log_in_the_answer_is_401(tus: Tus) -> None:
    assert Tus().patch(tus.created(100), 0, b"hello").status_code == 401


# What it takes


def test_pieces_sent_one_after_the_other_make_the_file(tus: Tus) -> None:
    address = tus.created(len(RECORDS))
    for start in range(0, len(RECORDS), 20):
        piece = RECORDS[start : start + 20]
        answer = tus.patch(address, start, piece)
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(start + len(piece)))
    assert stored() == RECORDS
    assert Import.objects.get().state == Import.State.CHECKING


def test_every_piece_gives_the_upload_more_time(tus: Tus) -> None:
    address = tus.created(100)
    before = Upload.objects.get().expires_at
    answer = tus.patch(address, 0, b"hello")
    assert Upload.objects.get().expires_at > before
    assert "Upload-Expires" in answer


def test_a_wrong_offset_is_a_conflict_that_names_the_right_one(tus: Tus) -> None:
    address = tus.created(100)
    tus.patch(address, 0, b"hello")
    for offset in (0, 4, 6):
        answer = tus.patch(address, offset, b"world")
        assert (answer.status_code, answer["Upload-Offset"]) == (409, "5")
    assert stored() == b"hello"


def test_a_missing_offset_is_refused(tus: Tus) -> None:
    answer = tus.ask("PATCH", tus.created(100), b"hello", headers={"Content-Type": "application/offset+octet-stream"})
    assert answer.status_code == 400


def test_another_content_type_is_refused(tus: Tus) -> None:
    answer = tus.patch(tus.created(100), 0, b"hello", **{"Content-Type": "application/octet-stream"})
    assert answer.status_code == 415
    assert stored() == b""


def test_more_bytes_than_the_rest_are_refused(tus: Tus) -> None:
    address = tus.created(8)
    tus.patch(address, 0, b"hello")
    assert tus.patch(address, 5, b"world").status_code == 413
    assert stored() == b"hello"
    assert stored() == b"hello"


def test_another_protocol_version_is_refused(tus: Tus) -> None:
    answer = tus.patch(tus.created(100), 0, b"hello", Tus_Resumable="2.0.0")
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
    assert stored() == b""


def test_the_method_can_be_named_in_a_header(tus: Tus) -> None:
    headers = {
        "X-HTTP-Method-Override": "PATCH",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    assert tus.ask("POST", tus.created(100), b"hello", headers=headers).status_code == 204
    assert stored() == b"hello"


def test_an_empty_piece_at_the_end_of_a_whole_upload_changes_nothing(tus: Tus) -> None:
    address = tus.create(len(RECORDS), RECORDS)["Location"]
    answer = tus.patch(address, len(RECORDS), b"")
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(len(RECORDS)))


# Checksums


@pytest.mark.parametrize("algorithm", [sha1, sha256, md5])
def test_bytes_that_match_their_checksum_are_kept(tus: Tus, algorithm) -> None:
    digest = algorithm(b"hello")
    checksum = f"{digest.name} {b64encode(digest.digest()).decode()}"
    answer = tus.patch(tus.created(100), 0, b"hello", Upload_Checksum=checksum)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "5")
    assert stored() == b"hello"


def test_of_bytes_that_do_not_match_nothing_is_kept(tus: Tus) -> None:
    address = tus.created(100)
    tus.patch(address, 0, b"hello")
    answer = tus.patch(address, 5, b"world", Upload_Checksum="sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")
    assert (answer.status_code, answer.reason_phrase) == (460, "Checksum Mismatch")
    assert tus.head(address)["Upload-Offset"] == "5"
    assert stored() == b"hello"


def test_an_unknown_algorithm_is_refused(tus: Tus) -> None:
    assert tus.patch(tus.created(100), 0, b"hello", Upload_Checksum="crc32 AAAA").status_code == 400
    assert stored() == b""


# What breaks


def test_what_came_before_the_line_broke_is_kept_and_the_rest_goes_on_there(tus: Tus) -> None:
    address = tus.created(len(RECORDS))
    tus.patch(address, 0, b"", cut(RECORDS[:30], len(RECORDS)))
    assert tus.head(address)["Upload-Offset"] == "30"
    assert tus.patch(address, 30, RECORDS[30:]).status_code == 204
    assert stored() == RECORDS


def test_of_a_checked_piece_that_was_cut_nothing_is_kept(tus: Tus) -> None:
    address = tus.created(100)
    checksum = "sha1 " + b64encode(sha1(b"hello").digest()).decode()
    assert tus.patch(address, 0, b"", cut(b"hel", 5), Upload_Checksum=checksum).status_code == 460
    assert stored() == b""


def test_a_line_that_went_silent_is_superseded_and_cannot_write_any_more(tus: Tus) -> None:
    address = tus.created(100)
    path = storage.upload_path(Import.objects.get())
    with content.hold(path) as silent:
        silent.append(b"stale")
        long_ago = time.time() - content.SILENCE_SECONDS
        os.utime(path.with_name(f"{path.name}.hold"), (long_ago, long_ago))
        assert tus.patch(address, 0, b"hello").status_code == 204
        with pytest.raises(content.UploadHeld):
            silent.append(b"too late")
    assert stored() == b"hello"


def test_nothing_but_the_bytes_is_left_beside_an_upload(tus: Tus, uploads_dir: Path) -> None:
    tus.patch(tus.created(100), 0, b"hello")
    assert list(uploads_dir.iterdir()) == [storage.upload_path(Import.objects.get())]


def test_while_one_request_writes_another_is_told_to_wait(tus: Tus) -> None:
    address = tus.created(100)
    with content.hold(storage.upload_path(Import.objects.get())):
        assert tus.patch(address, 0, b"hello").status_code == 423
        assert tus.head(address).status_code == 200
    assert tus.patch(address, 0, b"hello").status_code == 204


def test_bytes_in_the_file_beyond_the_offset_are_written_over(tus: Tus) -> None:
    address = tus.created(len(RECORDS))
    storage.upload_path(Import.objects.get()).write_bytes(b"left by a server that died")
    tus.patch(address, 0, RECORDS)
    assert stored() == RECORDS


def test_a_full_disk_keeps_what_was_written_and_the_upload_goes_on_later(tus: Tus) -> None:
    room, sent = 1 << 20, RECORDS * 20_000
    address = tus.created(len(sent))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        answer = tus.patch(address, 0, sent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.status_code == 507
    assert b"The server's disk is full" in answer.content
    assert tus.head(address)["Upload-Offset"] == str(room)
    assert tus.patch(address, room, sent[room:]).status_code == 204
    assert stored() == sent


def test_the_reserve_of_the_disk_is_never_used(tus: Tus, settings) -> None:
    address = tus.created(100)
    settings.DISK_RESERVE_BYTES = 1 << 60
    assert tus.patch(address, 0, b"hello").status_code == 507
    assert stored() == b""


def test_a_long_body_is_made_safe_on_the_way(tus: Tus, monkeypatch) -> None:
    monkeypatch.setattr(receive, "CHECKPOINT_BYTES", 64 << 10)
    offsets = []
    append = content.Content.append

    def watched(file: content.Content, piece: bytes) -> None:
        offsets.append(Upload.objects.get().offset)
        append(file, piece)

    monkeypatch.setattr(content.Content, "append", watched)
    size = 256 << 10
    tus.patch(tus.created(size), 0, b"x" * size)
    assert offsets == [0, 64 << 10, 128 << 10, 192 << 10]


def test_a_cancelled_import_takes_no_more_bytes(tus: Tus) -> None:
    address = tus.created(100)
    imports.cancel(Import.objects.get())
    assert tus.patch(address, 0, b"hello").status_code == 410
    assert tus.head(address).status_code == 410


@pytest.mark.parametrize("removed", [False, True], ids=["still there", "removed"])
def test_an_import_cancelled_while_its_bytes_come_is_noticed(tus: Tus, monkeypatch, removed: bool) -> None:
    append = content.Content.append

    def cancelled_meanwhile(file: content.Content, piece: bytes) -> None:
        imp = Import.objects.get()
        imports.cancel(imp)
        if removed:
            storage.remove_all(imp)
        append(file, piece)

    monkeypatch.setattr(content.Content, "append", cancelled_meanwhile)
    assert tus.patch(tus.created(5), 0, b"hello").status_code == 410
    assert Import.objects.get().state == Import.State.CANCELLED


# The whole file


def test_a_whole_file_goes_to_its_import_once(tus: Tus, monkeypatch) -> None:
    calls = []
    received = imports.received
    monkeypatch.setattr(imports, "received", lambda imp: (calls.append(imp.pk), received(imp)))
    address = tus.created(len(RECORDS))
    tus.patch(address, 0, RECORDS)
    tus.head(address)
    tus.patch(address, len(RECORDS), b"")
    assert calls == [Import.objects.get().pk]


def test_asking_hands_on_a_whole_file_whose_last_request_died(tus: Tus, monkeypatch) -> None:
    def died(imp: Import) -> None:
        raise SystemExit

    address = tus.created(len(RECORDS))
    with monkeypatch.context() as patched:
        patched.setattr(imports, "received", died)
        with pytest.raises(SystemExit):
            tus.patch(address, 0, RECORDS)
    assert Import.objects.get().state == Import.State.UPLOADING
    answer = tus.head(address)
    assert (answer.status_code, answer["Upload-Offset"]) == (200, str(len(RECORDS)))
    assert Import.objects.get().state == Import.State.CHECKING


def test_a_file_that_cannot_be_imported_is_uploaded_all_the_same(tus: Tus) -> None:
    address = tus.created(12)
    assert tus.patch(address, 0, b"\x89PNG\r\n\x1a\n0123").status_code == 204
    assert tus.head(address)["Upload-Offset"] == "12"
    imp = Import.objects.get()
    assert imp.state == Import.State.FAILED
    assert imp.error


@pytest.mark.parametrize("state", [Import.State.DONE, Import.State.DONE_WITH_REJECTS, Import.State.UNDONE])
def test_a_file_that_was_imported_is_gone_so_that_it_can_be_sent_again(tus: Tus, state: str) -> None:
    address = tus.create(len(RECORDS), RECORDS)["Location"]
    Import.objects.update(state=state)
    assert tus.head(address).status_code == 410


def test_another_file_is_not_put_behind_the_beginning_of_one(tus: Tus) -> None:
    given = metadata(filename="week.jsonl", environment="production", fingerprint="one")
    address = tus.create(len(RECORDS), Upload_Metadata=given)["Location"]
    assert tus.patch(address, 0, RECORDS[:5], Dojo_Fingerprint="one").status_code == 204
    refused = tus.patch(address, 5, RECORDS[5:], Dojo_Fingerprint="two")
    assert refused.status_code == 410
    assert "The file has changed since this upload began." in refused.content.decode()
    assert tus.ask("HEAD", address, headers={"Dojo-Fingerprint": "two"}).status_code == 410
    assert tus.patch(address, 5, RECORDS[5:]).status_code == 204  # a client that says nothing of it
