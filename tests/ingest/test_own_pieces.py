"""This node's copies of what it received of uploads: read instead of the store, and gone when their objects are."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from interactions import process_caches
from interactions.ingest import own_pieces
from interactions.ingest.imports import storage
from interactions.ingest.uploads import object_content
from interactions.models import Import, Upload, UploadPiece
from interactions.objects import Objects
from tests import cast
from tests.ingest.uploads.tus import Tus
from tests.stores import ObjectServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]

CONTENT = b"".join(b'{"type":"search","user_id":"u%02d"}\n' % number for number in range(80))


@pytest.fixture
def bucket(object_store: ObjectServer, settings: Any) -> Objects:
    settings.UPLOADS_URL = f"{object_store.bucket()}/dojo"
    return Objects(settings.UPLOADS_URL)


@pytest.fixture
def tus(bucket: Objects) -> Tus:
    return Tus(cast.analyst("ann"))


def sent(tus: Tus) -> Import:
    """An import whose file has arrived in three pieces."""
    address = tus.created(len(CONTENT))
    for offset in range(0, len(CONTENT), 1000):
        assert tus.patch(address, offset, CONTENT[offset : offset + 1000]).status_code == 204
    return Import.objects.get(upload__token=address.strip("/").rpartition("/")[2])


def read(imp: Import) -> tuple[bytes, int]:
    """The file, and how many requests to the store that took."""
    asked = patch.object(Objects, "range", autospec=True, side_effect=Objects.range)
    with asked as requests, storage.upload_path(imp).open("rb") as file:
        return file.read(), requests.call_count


def copies(settings: Any) -> list[Path]:
    return [path for path in Path(settings.CACHE_DIR).rglob("*") if path.is_file()]


def test_the_node_that_received_a_file_reads_it_without_asking_the_store(tus: Tus) -> None:
    assert read(sent(tus)) == (CONTENT, 0)


def test_another_node_downloads_it(tus: Tus, settings: Any, tmp_path: Path) -> None:
    imp = sent(tus)
    settings.CACHE_DIR = tmp_path / "there"
    content, requests = read(imp)
    assert content == CONTENT
    assert requests >= 3


def test_a_piece_whose_copy_was_displaced_is_downloaded(tus: Tus, settings: Any) -> None:
    imp = sent(tus)
    copies(settings)[1].unlink()
    assert read(imp) == (CONTENT, 1)


def test_a_file_keeps_no_more_copies_than_a_fourth_of_their_room(tus: Tus, settings: Any) -> None:
    settings.CACHE_MAX_BYTES = 4 * 2000
    imp = sent(tus)
    assert sum(path.stat().st_size for path in copies(settings)) == 2000
    assert read(imp)[0] == CONTENT


def test_nothing_is_kept_on_a_full_disk(tus: Tus, settings: Any) -> None:
    settings.DISK_RESERVE_BYTES = 1 << 60
    assert read(sent(tus))[0] == CONTENT
    assert not copies(settings)


def test_copies_go_with_the_file(tus: Tus, settings: Any) -> None:
    imp = sent(tus)
    assert len(copies(settings)) == 3
    storage.remove_upload(imp)
    assert not copies(settings)


def test_a_piece_that_does_not_count_leaves_no_copy(tus: Tus, settings: Any) -> None:
    tus.created(2000)
    content = object_content.ObjectContent(Upload.objects.get())
    content.append(b"a" * 1000)
    content.settle()
    assert len(copies(settings)) == 1
    content.discard()
    assert not copies(settings)


def test_an_erasure_forgets_copies_of_what_another_node_removed(tus: Tus, settings: Any) -> None:
    ended, waiting = sent(tus), sent(tus)
    UploadPiece.objects.filter(upload=ended.upload).delete()
    process_caches.empty()
    assert len(copies(settings)) == 3
    assert read(waiting) == (CONTENT, 0)


def test_an_upload_that_begins_forgets_copies_of_those_that_ended_elsewhere(tus: Tus, settings: Any) -> None:
    ended = sent(tus)
    UploadPiece.objects.filter(upload=ended.upload).delete()
    sent(tus)
    assert len(copies(settings)) == 3


def test_a_copy_that_was_cut_short_is_not_read(tus: Tus, settings: Any) -> None:
    imp = sent(tus)
    for path in copies(settings):
        path.write_bytes(path.read_bytes()[:10])
    assert read(imp)[0] == CONTENT


def test_copies_of_parts_are_not_taken_for_copies_of_uploads(settings: Any, bucket: Objects) -> None:
    part = Path(settings.CACHE_DIR) / "0123456789ab" / "production" / "part"
    part.parent.mkdir(parents=True)
    part.touch()
    own_pieces.forget_gone()
    assert part.exists()
