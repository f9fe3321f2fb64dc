"""Files of imports as objects: uploads in pieces, and all that is made of them, in a real S3 server."""

import gzip
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from interactions.files import scratch
from interactions.ingest import imports, objects
from interactions.ingest.imports import storage, sweep
from interactions.ingest.objects import ObjectFile
from interactions.ingest.uploads import object_content
from interactions.models import Import, Upload
from interactions.objects import Objects
from tests import cast
from tests.ingest.uploads.tus import Tus
from tests.stores import ObjectServer

from .house import House, adds_up, files, rejected, rows, users

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bucket")]

RECORD = '{{"type":"search","user_id":"user{0}","timestamp":"2026-11-01T00:00:{0:02d}Z"}}\n'
LINES = "".join(RECORD.format(number) for number in range(60)).encode()
WRONG = b'{"type":"search","user_id":7}\n'


@pytest.fixture
def bucket(object_store: ObjectServer, settings: Any) -> Objects:
    settings.UPLOADS_URL = f"{object_store.bucket()}/dojo"
    return Objects(settings.UPLOADS_URL)


@pytest.fixture
def tus(db: None) -> Tus:
    return Tus(cast.analyst("ann"))


def keys(bucket: Objects) -> list[str]:
    return sorted(key for key, _ in bucket.names())


def sent(tus: Tus, content: bytes, by: int) -> Import:
    """An import of what a browser has sent in requests of ``by`` bytes."""
    address = tus.created(len(content))
    for offset in range(0, len(content), by):
        answer = tus.patch(address, offset, content[offset : offset + by])
        assert answer.status_code == 204, answer.content
    return Import.objects.get(upload__token=address.strip("/").rpartition("/")[2])


def cut(arrived: bytes, announced: int) -> dict[str, Any]:
    return {"wsgi.input": io.BytesIO(arrived), "CONTENT_LENGTH": str(announced)}


def test_an_upload_is_an_object_for_each_request_named_by_its_offset(tus: Tus, bucket: Objects) -> None:
    imp = sent(tus, LINES, 1000)
    starts = [int(key.rpartition("/")[2].partition("-")[0]) for key in keys(bucket)]
    assert starts == list(range(0, len(LINES), 1000))
    with storage.upload_path(imp).open("rb") as file:
        assert file.read() == LINES
        file.seek(990)
        assert file.read(20) == LINES[990:1010]  # over a seam
        assert file.seek(-5, os.SEEK_END) == len(LINES) - 5
        assert file.read() == LINES[-5:]
    assert imp.state == Import.State.CHECKING
    assert not files()


def test_a_block_of_an_import_is_read_out_of_the_pieces(house: House, tus: Tus, bucket: Objects) -> None:
    imp = sent(tus, LINES + WRONG, 700)
    house.ask(imports.start, imp, check_duplicates=True)
    house.carried(imp)
    assert imp.state == Import.State.DONE_WITH_REJECTS, imp.error
    assert imp.blocks.count() > 1
    assert users() == sorted(f"user{number}" for number in range(60))
    assert adds_up(imp)
    assert [json.loads(json.dumps(line))["user_id"] for line in rejected(imp)] == [7]
    assert keys(bucket) == [f"rejected/{imp.pk}.jsonl.gz"]  # nothing else is left
    assert not files()


@pytest.mark.parametrize("is_same_node", [True, False])
def test_whoever_commits_downloads_only_parts_that_other_nodes_made(
    house: House, bucket: Objects, settings: Any, folders: Path, *, is_same_node: bool
) -> None:
    settings.LAKE_URL = f"{bucket.url}/lake"
    settings.OVERLAPS_URL = f"{settings.LAKE_URL}/.overlaps"
    settings.CACHE_DIR = folders / "cache"
    imp = house.read(LINES)
    parts = imp.blocks.filter(part_size__gt=0).count()
    if not is_same_node:
        settings.CACHE_DIR = folders / "there"
    with patch.object(Objects, "fetch", autospec=True, side_effect=Objects.fetch) as fetch:
        assert house.carried(imp).accepted == 60
        assert len(rows()) == 60
    assert fetch.call_count == (0 if is_same_node else parts)


def test_no_request_asks_for_rejected_records_of_blocks_that_have_none(house: House, bucket: Objects) -> None:
    imp = house.read(LINES)
    with patch.object(Objects, "exists", autospec=True, side_effect=Objects.exists) as asked:
        assert house.carried(imp).state == Import.State.DONE
    assert not any(call.args[1].endswith(".rejects") for call in asked.call_args_list)


def test_a_packed_file_is_unpacked_into_an_object(house: House, bucket: Objects) -> None:
    imp = house.read(gzip.compress(LINES))
    assert f"imports/{imp.pk}/text" in keys(bucket)
    house.carried(imp)
    assert (imp.state, imp.accepted) == (Import.State.DONE, 60)
    assert keys(bucket) == []


def test_a_request_that_was_killed_leaves_an_object_that_is_ignored_and_removed(
    tus: Tus, bucket: Objects, house: House
) -> None:
    address = tus.created(len(LINES))
    tus.patch(address, 0, LINES[:1000])
    upload = Upload.objects.get()
    # Killed once its bytes were there, and before the database said so.
    killed = object_content.ObjectContent(upload)
    killed.append(b"x" * 500)
    killed.settle()
    assert tus.head(address)["Upload-Offset"] == "1000"
    assert tus.patch(address, 1000, LINES[1000:]).status_code == 204
    with storage.upload_path(Import.objects.get()).open("rb") as file:
        assert file.read() == LINES
    imp = Import.objects.get()
    assert storage.remove_strays(imp) == 1
    assert storage.remove_strays(imp) == 0
    house.ask(imports.start, imp, check_duplicates=True)
    assert house.carried(imp).accepted == 60
    assert keys(bucket) == []


def test_of_two_requests_at_the_same_byte_one_counts(tus: Tus, bucket: Objects) -> None:
    address = tus.created(3000)
    upload = Upload.objects.get()
    first, second = object_content.ObjectContent(upload), object_content.ObjectContent(upload)
    for content, byte in ((first, b"a"), (second, b"b")):
        content.append(byte * 1000)
        content.settle()
    with first.own():
        Upload.objects.filter(pk=upload.pk).update(offset=first.position)
    with pytest.raises(object_content.UploadHeld), second.own():
        pass
    second.discard()
    assert len(keys(bucket)) == 1
    assert tus.head(address)["Upload-Offset"] == "1000"
    assert tus.patch(address, 1000, b"c" * 1000).status_code == 204
    with storage.upload_path(Import.objects.get()).open("rb") as file:
        assert file.read() == b"a" * 1000 + b"c" * 1000


def test_a_request_goes_on_where_another_one_came_to_meanwhile(tus: Tus, bucket: Objects) -> None:
    address = tus.created(3000)
    before = Upload.objects.get()
    assert tus.patch(address, 0, b"a" * 1000).status_code == 204
    with storage.hold(before) as content:  # which was looked up before
        content.position = 1000
        content.append(b"b" * 500)
        content.settle()
        with content.own():
            Upload.objects.filter(pk=before.pk).update(offset=content.position)
    assert tus.head(address)["Upload-Offset"] == "1500"
    with storage.upload_path(Import.objects.get()).open("rb") as file:
        assert file.read() == b"a" * 1000 + b"b" * 500


def test_a_piece_that_an_erasure_removed_before_it_counted_has_to_be_sent_again(tus: Tus, bucket: Objects) -> None:
    tus.created(2000)
    upload = Upload.objects.get()
    content = object_content.ObjectContent(upload)
    content.append(b"a" * 1000)
    content.settle()
    assert storage.remove_strays(upload.of) == 1
    with pytest.raises(object_content.UploadHeld, match="Send it again"), content.own():
        pass
    assert not upload.pieces.exists()


def test_what_arrived_of_a_broken_request_counts(tus: Tus, bucket: Objects) -> None:
    address = tus.created(2000)
    tus.patch(address, 0, b"", environ=cut(b"a" * 300, 1000))
    assert tus.head(address)["Upload-Offset"] == "300"
    assert len(keys(bucket)) == 1


def test_bytes_that_do_not_match_their_checksum_leave_no_object(tus: Tus, bucket: Objects) -> None:
    address = tus.created(2000)
    answer = tus.patch(address, 0, b"a" * 1000, Upload_Checksum="md5 1B2M2Y8AsgTpgAmY7PhCfg==")
    assert answer.status_code == 460
    assert tus.head(address)["Upload-Offset"] == "0"
    assert keys(bucket) == []


@pytest.mark.parametrize("end", ["delete", "expire"])
def test_an_upload_that_is_given_up_leaves_no_object(
    end: str, tus: Tus, house: House, bucket: Objects, settings: Any
) -> None:
    settings.UPLOAD_EXPIRES_HOURS = 0
    address = tus.created(2000)
    settings.UPLOAD_EXPIRES_HOURS = 72
    Upload.objects.update(offset=0)
    object_content.objects().put(object_content.key_of(Upload.objects.get(), "0" * 20 + "-stray"), b"x")
    if end == "delete":
        Upload.objects.update(expires_at="2100-01-01T00:00Z")
        with house.at_work():
            assert tus.delete(address).status_code == 204
    else:
        with house.at_work():
            assert sweep.expire() == 1
    house.carry()
    assert keys(bucket) == []


def test_a_table_is_read_out_of_objects(house: House, bucket: Objects) -> None:
    from interactions.connectors import table
    from interactions.ingest.imports import tables

    text = "type,user_id,timestamp\n" + "".join(f"search,user{n},2026-11-01T00:00:{n:02d}Z\n" for n in range(40))
    imp = house.given((text + "search,,x\n").encode(), name="week.csv")
    assert imp.format == "CSV", imp.error
    mapping = table.suggested(tables.sample(imp))
    house.ask(imports.start, imp, check_duplicates=True, mapping=tables.json_of(mapping))
    house.carried(imp)
    assert imp.is_done, imp.error
    assert imp.accepted == 40
    assert [key for key in keys(bucket) if not key.startswith("rejected/")] == []


def test_undoing_an_import_removes_its_objects(house: House, bucket: Objects) -> None:
    imp = house.done(LINES + WRONG)
    assert keys(bucket)
    house.ask(imports.undo, imp)
    assert house.carried(imp).state == Import.State.UNDONE
    assert (keys(bucket), rows()) == ([], [])


def test_a_failed_import_is_retried_from_its_objects(house: House, bucket: Objects) -> None:
    imp = house.read(LINES)
    Import.objects.filter(pk=imp.pk).update(state=Import.State.FAILED)
    imp.refresh_from_db()
    house.queue.clear()
    house.ask(imports.retry, imp)
    assert house.carried(imp).accepted == 60
    assert keys(bucket) == []


def test_the_refused_records_are_downloaded_from_an_object(house: House, bucket: Objects) -> None:
    imp = house.done(LINES + WRONG)
    client = Client()
    client.force_login(cast.owner("olga"))
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        answer = client.get(reverse("import_rejected", args=["production", imp.pk]), headers=headers)
        body = b"".join(answer.streaming_content)
        assert b'"user_id":7' in (gzip.decompress(body) if headers else body)


def test_copies_on_this_machine_go_with_the_task_and_with_whoever_was_killed(house: House) -> None:
    with objects.work() as folder:
        assert folder.is_dir()
    assert not folder.exists()
    left = folder.with_name(f"{objects._WORK}4194304-left")  # no process has this number
    left.mkdir()
    (left / "part").write_bytes(b"somebody's records")
    objects._remove_dead()
    assert not left.exists()


def test_the_page_names_no_limit_where_the_disk_is_none(house: House, bucket: Objects, settings: Any) -> None:
    client = Client()
    client.force_login(cast.analyst("ann"))
    address = reverse("import_new", args=["production"])
    assert b"free here" not in client.get(address).content
    settings.UPLOADS_URL = ""
    assert b"free here" in client.get(address).content


def test_a_working_copy_whose_files_are_renamed_while_it_is_looked_at_stays(settings: Any, folders: Path) -> None:
    folder = scratch() / f"{objects._WORK}{os.getppid()}-1"
    folder.mkdir(parents=True)
    with patch.object(Path, "iterdir", lambda self: iter([self / "draft"])):
        objects._remove_dead()
    assert folder.exists()


def test_what_is_written_to_a_folder_that_was_removed_is_not_taken_for_nothing(bucket: Objects) -> None:
    with pytest.raises(FileNotFoundError), objects.made_anew(ObjectFile("part")) as path:
        shutil.rmtree(path.parent)
    with objects.made_anew(ObjectFile("part")):
        pass  # nothing to write
    assert keys(bucket) == []
