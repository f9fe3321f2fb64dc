"""Object stores are opened by their URL, and what is missing or refused is said in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from interactions import object_store as module
from interactions.object_store import ObjectStoreError, VersionsKept
from interactions.objects import Objects
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


def test_a_bucket_that_forgets_what_is_removed_is_fit(object_store: ObjectServer) -> None:
    bucket = object_store.bucket()
    module.require_fit(bucket)
    assert list(Objects(bucket).names()) == []


def test_a_bucket_that_keeps_versions_is_refused(object_store: ObjectServer) -> None:
    with pytest.raises(VersionsKept, match="keeps earlier versions"):
        module.require_fit(object_store.bucket(keeps_versions=True))


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
