"""Object stores, opened by URL: ``s3://bucket/prefix``, and ``az://`` and ``gs://`` as far as obstore goes.

Credentials and endpoint come from the environment, by the names that the stores' own tools use. ``obstore`` is imported
where a store is opened: a Dojo on one disk never loads it, and its threads don't survive a fork.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from interactions.errors import DataNotReady

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PREFIXES: Final = {"s3": ("AWS_",), "az": ("AZURE_",), "gs": ("GOOGLE_",)}
_CREDENTIALS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT",
}
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class ObjectStoreError(DataNotReady, OSError):
    """An object store can't be reached, or refuses; the message says what to do. A later try may succeed."""


class VersionsKept(ObjectStoreError):
    """The store keeps earlier versions of objects, and with them what is erased."""


def options(url: str) -> Mapping[str, str]:
    """How the store of ``url`` is reached, by the names of its own tools. Raises ObjectStoreError for what can't be.

    Half a pair of keys is refused; without any, the machine's own role is used. A given endpoint wins over Amazon's.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PREFIXES or not parts.netloc:
        raise ObjectStoreError(f"{url} names no object store: write s3://bucket/prefix.")
    found = {name: value for name, value in os.environ.items() if name.startswith(_PREFIXES[parts.scheme]) and value}
    if parts.scheme == "s3":
        _of_s3(url, found)
    return found


def _of_s3(url: str, found: dict[str, str]) -> None:
    pair = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    missing = [name for name in pair if name not in found]
    if len(missing) == 1:
        raise ObjectStoreError(f"{missing[0]} must be set, too: {url} is signed for with both keys.")
    found.setdefault("AWS_REGION", found.get("AWS_DEFAULT_REGION", "us-east-1"))
    endpoint = next((found[name] for name in _ENDPOINTS if name in found), None)
    for name in _ENDPOINTS:
        found.pop(name, None)
    if endpoint is None:
        return
    is_allowed = found.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes", "on")
    if endpoint.startswith("http://") and not is_allowed:
        raise ObjectStoreError(f"The endpoint {endpoint} isn't encrypted: set AWS_ALLOW_HTTP=true if that is meant.")
    found["AWS_ENDPOINT_URL"] = endpoint
    found["AWS_ALLOW_HTTP"] = "true" if is_allowed else "false"


@contextmanager
def opened(url: str) -> Iterator[ObjectStore]:
    """The store of ``url``, for obstore's functions; names are relative to the URL's prefix.

    What fails inside is raised as an ObjectStoreError; FileNotFoundError, AlreadyExistsError and PreconditionError of
    obstore stay what they are, as they say something about one object.
    """
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

    try:
        yield _store(url, tuple(sorted(options(url).items())), os.getpid())
    except (AlreadyExistsError, PreconditionError):
        raise
    except BaseError as error:
        raise ObjectStoreError(_sentence(url, error)) from error


@lru_cache(maxsize=128)
def _store(url: str, given: tuple[tuple[str, str], ...], _: int) -> ObjectStore:
    from datetime import timedelta

    from obstore.store import from_url

    # Whoever waits for a page shouldn't wait for three minutes: work is repeated by whoever does it.
    retry = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
    ours = {name: value for name, value in given if name in ("AWS_REGION", "AWS_ENDPOINT_URL")}  # it reads the others
    client = {"allow_http": dict(given).get("AWS_ALLOW_HTTP") == "true"} if url.startswith("s3") else {}
    return from_url(url, config=ours, client_options=client, retry_config=retry)  # type: ignore[call-overload,no-any-return]


def require_fit(url: str) -> None:
    """Raises ObjectStoreError unless objects below ``url`` can be written and removed, and VersionsKept unless what is
    removed is gone: where a bucket keeps versions or locks objects, nobody could ever be erased.

    An object is written and removed to see it, which needs no right that the work doesn't need.
    """
    import obstore

    name = f".probe-{secrets.token_hex(8)}"
    with opened(url) as store:
        try:
            version = obstore.put(store, name, b"probe")["version"]
            obstore.delete(store, name)
            if version is None or version == "null" or not _is_there(store, name, version):
                return
        except FileNotFoundError as error:
            raise ObjectStoreError(f"{url}: there is no such bucket. Create it, without versions.") from error
    raise VersionsKept(
        f"{url} keeps earlier versions of objects, so what is erased would stay there. Use a bucket without "
        "versioning and object lock."
    )


def _is_there(store: ObjectStore, name: str, version: str) -> bool:
    import obstore
    from obstore.exceptions import BaseError

    try:
        obstore.get(store, name, options={"version": version})
    except FileNotFoundError:
        return False
    except BaseError:  # it has a version, which this key may not read
        return True
    return True


def _sentence(url: str, error: Exception) -> str:
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    said = str(error)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or "CredentialsError" in said:
        keys = _CREDENTIALS[urlsplit(url).scheme]
        return f"{url} refuses access: check {keys}; their owner must be allowed to list, read, write and delete."
    if "NoSuchBucket" in said:
        return f"{url}: there is no such bucket. Create it, without versions."
    return f"{url} can't be reached: {said.splitlines()[0][:200]}"
