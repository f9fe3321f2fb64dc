"""The end of an upload: by its owner, or by time."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from interactions.ingest.imports import storage
from interactions.ingest.imports.sweep import expire, sweep
from interactions.ingest.uploads import content
from interactions.models import Import, Upload

from .tus import RECORDS, Tus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_dir")]


def over_its_time() -> None:
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("body", [b"hello", RECORDS], ids=["in the middle", "whole"])
def test_ending_removes_the_bytes_and_cancels_the_import(tus: Tus, uploads_dir: Path, body: bytes) -> None:
    address = tus.create(len(RECORDS), body)["Location"]
    answer = tus.delete(address)
    assert (answer.status_code, answer["Tus-Resumable"]) == (204, "1.0.0")
    assert list(uploads_dir.iterdir()) == []
    assert Import.objects.get().state == Import.State.CANCELLED


def test_after_its_end_an_upload_is_gone(tus: Tus) -> None:
    address = tus.created(100)
    tus.delete(address)
    for answer in (tus.head(address), tus.patch(address, 0, b"hello"), tus.delete(address)):
        assert answer.status_code == 410
        assert "Upload-Offset" not in answer


def test_the_file_of_an_import_that_ended_cannot_be_ended_again(tus: Tus) -> None:
    address = tus.create(0)["Location"]  # fails, as an empty file
    assert tus.delete(address).status_code == 410
    assert Import.objects.get().state == Import.State.FAILED


def test_an_upload_over_its_time_is_gone_before_any_sweep(tus: Tus) -> None:
    address = tus.created(100)
    over_its_time()
    assert tus.head(address).status_code == 410
    assert tus.patch(address, 0, b"hello").status_code == 410


def test_expiry_removes_the_bytes_and_cancels_the_import_with_a_sentence(tus: Tus, uploads_dir: Path) -> None:
    tus.create(100, b"hello")
    over_its_time()
    assert expire() == 1
    assert list(uploads_dir.iterdir()) == []
    imp = Import.objects.get()
    assert imp.state == Import.State.CANCELLED
    assert "finished within 72 hours" in imp.error


def test_expiry_leaves_what_has_time(tus: Tus) -> None:
    address = tus.created(100)
    assert expire() == 0
    assert tus.patch(address, 0, b"hello").status_code == 204


def test_expiry_leaves_a_whole_file(tus: Tus) -> None:
    address = tus.create(len(RECORDS), RECORDS)["Location"]
    over_its_time()
    assert expire() == 0
    assert tus.head(address).status_code == 200


def test_expiry_leaves_an_upload_whose_bytes_are_coming(tus: Tus) -> None:
    tus.created(100)
    over_its_time()
    with content.hold(storage.upload_path(Import.objects.get())):
        assert expire() == 0
    assert expire() == 1


def test_expiry_ends_an_upload_whose_file_is_missing(tus: Tus) -> None:
    tus.created(100)
    storage.upload_path(Import.objects.get()).unlink()
    over_its_time()
    assert expire() == 1
    assert Import.objects.get().state == Import.State.CANCELLED


def test_expiry_happens_once(tus: Tus) -> None:
    tus.created(100)
    over_its_time()
    assert [expire(), expire()] == [1, 0]


def test_the_sweep_expires_uploads(tus: Tus) -> None:
    tus.created(100)
    over_its_time()
    sweep()
    assert Import.objects.get().state == Import.State.CANCELLED
