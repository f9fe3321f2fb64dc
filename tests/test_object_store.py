"""Object stores are opened by their URL, and what is missing or refused is said in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interactions import object_store as module
from interactions import objects as of_objects
from interactions import pieces as of_pieces
from interactions.object_store import ObjectStoreError, VersionsKept
from interactions.objects import Objects
from interactions.pieces import Piece
from tests.processes import HOUSE, environ, free_port
from tests.stores import ObjectServer


def test_objects_are_below_the_prefix_of_their_url(object_store: ObjectServer, tmp_path: Path) -> None:
    bucket = object_store.bucket()
    objects, whole = Objects(f"{bucket}/some/prefix"), Objects(bucket)
    objects.put("folder/a", b"hello")
    assert (objects.get("folder/a"), whole.get("some/prefix/folder/a")) == (b"hello", b"hello")
    assert list(objects.names()) == [("folder/a", 5)]
    assert objects.fetch("folder/a", tmp_path / "a") == 5
    assert (tmp_path / "a").read_bytes() == b"hello"
    objects.remove(["folder/a", "never was"])
    assert not objects.exists("folder/a")


def test_pieces_are_read_as_one_file_from_anywhere(object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_objects, "_AHEAD", 3)
    monkeypatch.setattr(of_objects, "_MOST_AHEAD", 8)
    monkeypatch.setattr(of_objects, "_BUFFER", 4)
    objects, whole, pieces = Objects(object_store.bucket()), bytes(range(100)), []
    for number, (start, end) in enumerate([(0, 1), (1, 20), (20, 20), (20, 63), (63, 100)]):
        objects.put(str(number), whole[start:end])
        pieces.append(Piece(start, end - start, str(number)))
    with objects.open(pieces) as file:
        assert file.read() == whole
        for start in (99, 0, 1, 19, 20, 62, 63, 98, 50, 100, 7):
            for size in (1, 5, 44):
                file.seek(start)
                assert file.read(size) == whole[start : start + size]
    with objects.ranges("3", 43) as one:
        one.seek(-5, 2)
        assert (one.read(3), one.tell(), one.readall()) == (whole[58:61], 41, whole[61:63])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The start and size of each range that is asked for, of which one has 40 bytes at most."""
    monkeypatch.setattr(of_objects, "_AHEAD", 10)
    monkeypatch.setattr(of_objects, "_MOST_AHEAD", 40)
    monkeypatch.setattr(of_objects, "_BUFFER", 5)
    monkeypatch.setattr(of_pieces, "_READS_ON", 30)
    found, fetch = [], Objects.range

    def noted(self: Objects, key: str, start: int, size: int) -> Any:
        found.append((start, size))
        return fetch(self, key, start, size)

    monkeypatch.setattr(Objects, "range", noted)
    return found


def test_who_reads_on_asks_for_more_at_a_time_and_then_in_advance(
    object_store: ObjectServer, asked: list[tuple[int, int]]
) -> None:
    objects = Objects(object_store.bucket())
    objects.put("a", bytes(200))
    with objects.open([Piece(0, 200, "a")]) as file:
        while file.tell() < 75:
            file.read(5)
        assert asked[:4] == [(0, 10), (10, 20), (30, 40), (70, 40)]
        file.seek(150)
        file.read(5)
        assert (150, 10) in asked


def test_who_asks_for_much_reads_on_and_fetches_nothing_in_advance_beyond_the_end(
    object_store: ObjectServer, asked: list[tuple[int, int]]
) -> None:
    objects, whole = Objects(object_store.bucket()), bytes(range(200))
    objects.put("a", whole[:100])
    objects.put("b", whole[100:])
    with objects.open([Piece(0, 100, "a"), Piece(100, 100, "b")], end=130) as file:
        file.seek(50)
        assert file.read(30) + file.read(30) == whole[50:110]
        assert file.read(30) == whole[110:140]
    assert asked == [(50, 40), (90, 10), (0, 30), (30, 10)]


def test_the_end_of_the_last_range_is_not_fetched_again(
    object_store: ObjectServer, asked: list[tuple[int, int]]
) -> None:
    objects, whole = Objects(object_store.bucket()), bytes(range(200))
    objects.put("a", whole)
    with objects.open([Piece(0, 200, "a")], end=200) as file:
        assert file.read(30) + file.read(30) == whole[:60]
        file.seek(35)  # the start of a record that goes over the seam
        assert file.read(30) + file.read(30) == whole[35:95]
    assert asked[:3] == [(0, 40), (40, 40), (80, 40)]


def test_what_could_not_be_fetched_in_advance_is_said_to_whoever_reads_it(
    object_store: ObjectServer, asked: list[tuple[int, int]]
) -> None:
    objects, whole = Objects(object_store.bucket()), bytes(range(100))
    objects.put("a", whole[:50])
    with objects.open([Piece(0, 50, "a"), Piece(50, 50, "b")]) as file:
        assert file.read(50) == whole[:50]
        with pytest.raises(FileNotFoundError):
            file.read(30)
        objects.put("b", whole[50:])
        file.seek(50)
        assert file.read() == whole[50:]


def test_a_bucket_that_forgets_what_is_removed_is_fit(object_store: ObjectServer) -> None:
    bucket = object_store.bucket()
    module.require_fit(bucket)
    assert list(Objects(bucket).names()) == []


def test_a_bucket_that_keeps_versions_is_refused(object_store: ObjectServer) -> None:
    with pytest.raises(VersionsKept, match="keeps earlier versions"):
        module.require_fit(object_store.bucket(keeps_versions=True))


def test_a_bucket_that_locks_objects_is_refused(object_store: ObjectServer) -> None:
    with pytest.raises(VersionsKept, match="without versioning and object lock"):
        module.require_fit(object_store.bucket(locks_objects=True))


def test_a_bucket_that_is_not_there_is_named(object_store: ObjectServer) -> None:
    with pytest.raises(ObjectStoreError, match="nowhere: there is no such bucket"):
        module.require_fit("s3://nowhere")


def test_a_store_that_is_away_is_named(object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ObjectStoreError, match="s3://bucket can't be reached"):
        Objects("s3://bucket").get("a")


def test_half_a_pair_of_keys_is_named(object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ObjectStoreError, match="AWS_SECRET_ACCESS_KEY must be set"):
        Objects("s3://bucket").get("a")


def test_an_endpoint_that_is_not_encrypted_has_to_be_meant(
    object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(ObjectStoreError, match="AWS_ALLOW_HTTP=true"):
        Objects("s3://bucket").get("a")


def test_the_endpoint_of_s3_wins_over_that_of_all_services(
    object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", object_store.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    Objects(object_store.bucket()).put("a", b"1")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LAKE_URL", "ftp://bucket", "LAKE_URL starts with ftp://"),
        ("UPLOADS_URL", "s3:///prefix", "UPLOADS_URL is 's3:///prefix': name a bucket"),
        ("LAKE_URL", "s3://bucket", "SECRET_KEY and IDENTITY_KEY must be set: LAKE_URL names an object store"),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    assert said in settings_of(environ(tmp_path, **{name: value})).stderr


def test_a_dojo_on_a_disk_loads_no_client_of_object_stores(tmp_path: Path) -> None:
    asked = "import interactions.tasks, interactions.urls, sys; print('obstore' in sys.modules)"
    assert settings_of(environ(tmp_path), asked).stdout.strip() == "False"


def settings_of(env: dict[str, str], then: str = "") -> subprocess.CompletedProcess[str]:
    program = f"import django; django.setup(); {then}"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=HOUSE, env=env, capture_output=True, text=True, timeout=60, check=False
    )
