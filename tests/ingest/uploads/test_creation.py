"""Making an upload: who may, for what, and what is said."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from interactions.ingest.imports import storage
from interactions.models import Import, Upload
from tests import cast

from .tus import BYTES, RECORDS, Tus, metadata

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_dir")]


def test_options_tells_what_is_supported(tus: Tus) -> None:
    answer = tus.http.options("/uploads/")  # without Tus-Resumable, as the protocol has it
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,creation-with-upload,termination,checksum,expiration"
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256,md5"


def test_the_largest_size_is_what_the_disk_has_room_for(tus: Tus, settings) -> None:
    assert abs(int(tus.http.options("/uploads/")["Tus-Max-Size"]) - storage.free_bytes()) < 1 << 30
    settings.DISK_RESERVE_BYTES = 1 << 60
    assert tus.http.options("/uploads/")["Tus-Max-Size"] == "0"


def test_an_upload_belongs_to_an_import_of_its_owner_and_environment(tus: Tus, ann: User) -> None:
    answer = tus.create(100)
    assert answer.status_code == 201
    assert answer["Tus-Resumable"] == "1.0.0"
    upload = Upload.objects.get()
    assert answer["Location"] == reverse("upload", kwargs={"token": upload.token})
    assert answer["Dojo-Import"] == str(upload.of.pk)
    assert (upload.owner, upload.length, upload.offset) == (ann, 100, 0)
    imp = upload.of
    assert (imp.state, imp.file_name, imp.size, imp.created_by) == (Import.State.UPLOADING, "week.jsonl", 100, ann)
    assert imp.environment.slug == "production"


def test_the_answer_says_until_when_it_can_go_on(tus: Tus) -> None:
    assert tus.create(100)["Upload-Expires"].endswith(" GMT")


def test_bytes_in_the_same_request_are_taken(tus: Tus) -> None:
    answer = tus.create(100, b"hello")
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "5")
    assert storage.upload_path(Import.objects.get()).read_bytes() == b"hello"


def test_a_whole_file_in_the_same_request_is_inspected(tus: Tus) -> None:
    answer = tus.create(len(RECORDS), RECORDS)
    assert answer["Upload-Offset"] == str(len(RECORDS))
    assert "Upload-Expires" not in answer
    assert Import.objects.get().state == Import.State.CHECKING


def test_bytes_that_do_not_match_their_checksum_leave_an_empty_upload(tus: Tus) -> None:
    answer = tus.create(100, b"hello", Upload_Checksum="sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "0")
    assert storage.upload_path(Import.objects.get()).read_bytes() == b""


def test_more_bytes_than_announced_make_no_upload(tus: Tus) -> None:
    assert tus.create(4, b"hello").status_code == 413
    assert not Import.objects.exists()


def test_bytes_of_another_type_make_no_upload(tus: Tus) -> None:
    assert tus.create(5, b"hello", **{"Content-Type": "application/json"}).status_code == 415
    assert not Import.objects.exists()


def test_an_empty_file_is_complete_at_once_and_fails_with_a_sentence(tus: Tus) -> None:
    answer = tus.create(0)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "0")
    imp = Import.objects.get()
    assert imp.state == Import.State.FAILED
    assert imp.error.endswith(".")


def test_a_file_larger_than_the_free_disk_is_refused_before_its_first_byte(tus: Tus, uploads_dir: Path) -> None:
    answer = tus.create(10**17)
    assert answer.status_code == 413
    assert b"The file has 88.8 PB, but there is only room for" in answer.content
    assert not Import.objects.exists()
    assert not uploads_dir.exists()


def test_an_unknown_environment_is_refused(tus: Tus) -> None:
    answer = tus.create(100, Upload_Metadata=metadata(filename="week.jsonl", environment="moon"))
    assert answer.status_code == 400
    assert b"environment" in answer.content


def test_a_missing_length_is_refused(tus: Tus) -> None:
    answer = tus.ask("POST", "/uploads/", headers={"Upload-Metadata": metadata(filename="a", environment="production")})
    assert answer.status_code == 400


def test_a_length_to_be_told_later_is_refused(tus: Tus) -> None:
    assert tus.create(100, Upload_Defer_Length="1").status_code == 400


def test_another_protocol_version_is_refused_and_ours_named(tus: Tus) -> None:
    answer = tus.create(100, Tus_Resumable="0.2.2")
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
    assert not Import.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused(tus: Tus, method: str) -> None:
    answer = tus.ask(method, "/uploads/", headers={})
    assert (answer.status_code, answer["Allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_without_log_in_the_answer_is_401_and_a_sentence(method: str) -> None:
    answer = Tus().ask(method, "/uploads/", headers={})
    assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain; charset=utf-8")
    assert answer.content == b"Log in to upload files.\n"


def test_without_the_right_to_import_the_answer_is_403() -> None:
    answer = Tus(cast.viewer("ben")).create(100)
    assert answer.status_code == 403
    assert b"can't import data here" in answer.content
    assert not Import.objects.exists()


def test_a_request_that_another_site_forged_is_refused(ann: User) -> None:
    assert Tus(ann, enforce_csrf_checks=True).create(100).status_code == 403
    assert not Import.objects.exists()


def test_the_token_of_the_page_in_a_header_lets_a_request_through(ann: User) -> None:
    tus = Tus(ann, enforce_csrf_checks=True)
    tus.http.cookies["csrftoken"] = "t" * 32
    assert tus.create(100, X_CSRFToken="t" * 32).status_code == 201


def test_the_file_can_be_read_by_nobody_else_on_the_machine(tus: Tus) -> None:
    tus.create(100, b"hello", **{"Content-Type": BYTES})
    assert storage.upload_path(Import.objects.get()).stat().st_mode & 0o077 == 0
