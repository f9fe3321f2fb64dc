"""Read settings from the environment; a bad value stops the start and is named.

Every setting an operator may give goes through one of these, so that a typing
error is a sentence at start and never a surprise at night.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
STORES = {"s3", "az", "gs"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The value of ``name``, or ``default`` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def key(name: str, kept: Path) -> str:
    """A secret: the one given, else one that is made at the first start and kept in the file ``kept``."""
    given = text(name)
    if given:
        return given
    if not kept.exists():
        fresh = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}")
        write_durably(fresh, secrets.token_urlsafe(48))
        try:
            kept.hardlink_to(fresh)  # of two processes that start together, the first wins
        except FileExistsError:
            pass  # the other process's key is as good, and is read below
        fresh.unlink()
    return kept.read_text().strip()


def require(*names: str, because: str) -> None:
    """Raises ImproperlyConfigured where one of these settings isn't given, saying why it has to be."""
    missing = [name for name in names if not text(name)]
    if missing:
        raise ImproperlyConfigured(f"{' and '.join(missing)} must be set: {because}")


def write_durably(path: Path, secret: str) -> None:
    """Write a file that its owner alone may read; it outlives a power cut."""
    path.touch(mode=0o600)
    with path.open("w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def flag(name: str, default: bool) -> bool:
    """A yes or no; raises ImproperlyConfigured for anything else."""
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: say 1 or 0.")


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of ``choices``, in whatever case it was given; raises ImproperlyConfigured for anything else."""
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: use one of {', '.join(choices)}.")
    return value


def several(name: str, choices: tuple[str, ...]) -> frozenset[str]:
    """Some of ``choices``, with commas between; raises ImproperlyConfigured for anything else."""
    given = frozenset(word for word in (part.strip().lower() for part in text(name).split(",")) if word)
    if unknown := sorted(given - set(choices)):
        raise ImproperlyConfigured(f"{name} names {', '.join(unknown)}: use {', '.join(choices)}.")
    return given


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """A whole number within ``least`` and ``most``; raises ImproperlyConfigured otherwise."""
    value = text(name)
    if not value:
        return default
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}: it must be a whole number.")
    parsed = int(value)
    if parsed < least or (most is not None and parsed > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name} is {value}: it must be {bounds}.")
    return parsed


def url(name: str, default: str, schemes: set[str]) -> str:
    """An address with one of ``schemes``; raises ImproperlyConfigured otherwise."""
    value = text(name)
    if not value:
        return default
    scheme = urlsplit(value).scheme
    if scheme not in schemes:
        raise ImproperlyConfigured(
            f"{name} starts with {scheme + '://' if scheme else 'no scheme'}: "
            f"use one of {', '.join(sorted(s + '://' for s in schemes))}."
        )
    return value


def store(name: str) -> str:
    """An object store and a prefix in it, as s3://bucket/prefix; empty where none is named."""
    value = url(name, default="", schemes=STORES).rstrip("/")
    if value and not urlsplit(value).netloc:
        raise ImproperlyConfigured(f"{name} is {value!r}: name a bucket, as in s3://bucket/prefix.")
    return value


def place(name: str) -> str:
    """A folder, by its path or as file:///…, or an object store and a prefix in it; empty where none is named.

    A folder need not be there now, as a disk may not.
    """
    value = text(name)
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme in STORES:
        return store(name)
    if parts.scheme not in ("", "file"):
        raise ImproperlyConfigured(
            f"{name} starts with {parts.scheme}://: use the path of a folder, or s3://bucket/prefix."
        )
    path = Path(parts.path if parts.scheme else value).expanduser()
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name} is {value!r}: it must be the whole path of a folder, from / on.")
    return str(path)


def folder(name: str, default: Path) -> Path:
    """A folder that exists and can be written to, made where it is missing; by the path without symbolic links."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} is {path}: the folder cannot be made ({error.strerror}). Choose another one."
        ) from error
    if not writable:
        raise ImproperlyConfigured(
            f"{name} is {path}: the folder cannot be written to. Change its owner or choose another one."
        )
    return path
