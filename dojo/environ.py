"""Read settings from the environment. An invalid value stops the start with a sentence that names it.

All settings for operators are read by these functions, so that mistakes show at the start rather than at night.
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
    """The value of ``name``, or ``default`` if it's unset or empty."""
    return os.environ.get(name, "").strip() or default


def key(name: str, kept: Path) -> str:
    """A secret: the given one, or else one that is generated at the first start and stored in the file ``kept``."""
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
    """Raises ImproperlyConfigured if one of these settings is missing, with the reason why it's needed."""
    missing = [name for name in names if not text(name)]
    if missing:
        raise ImproperlyConfigured(f"{' and '.join(missing)} must be set: {because}")


def write_durably(path: Path, secret: str) -> None:
    """Write a file durably that only its owner can read."""
    path.touch(mode=0o600)
    with path.open("w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def flag(name: str, default: bool) -> bool:
    """A boolean. Raises ImproperlyConfigured for anything else."""
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: use 1 or 0.")


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of ``choices``, ignoring case. Raises ImproperlyConfigured for anything else."""
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: use one of {', '.join(choices)}.")
    return value


def several(name: str, choices: tuple[str, ...]) -> frozenset[str]:
    """Some of ``choices``, separated by commas. Raises ImproperlyConfigured for anything else."""
    given = frozenset(word for word in (part.strip().lower() for part in text(name).split(",")) if word)
    if unknown := sorted(given - set(choices)):
        raise ImproperlyConfigured(f"{name} names {', '.join(unknown)}: use {', '.join(choices)}.")
    return given


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """A whole number from ``least`` to ``most``. Raises ImproperlyConfigured for anything else."""
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
    """A URL with one of ``schemes``. Raises ImproperlyConfigured for anything else."""
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
    """An object store and a prefix in it, as s3://bucket/prefix; empty if it's unset."""
    value = url(name, default="", schemes=STORES).rstrip("/")
    if value and not urlsplit(value).netloc:
        raise ImproperlyConfigured(f"{name} is {value!r}: name a bucket, as in s3://bucket/prefix.")
    return value


def place(name: str) -> str:
    """A folder (a path or file:///…), or an object store and a prefix in it; empty if it's unset.

    The folder may be missing now, because its disk may be.
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
    """A folder that can be written to, created if it's missing; the path has no symbolic links."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} is {path}: the folder can't be created ({error.strerror}). Choose another one."
        ) from error
    if not writable:
        raise ImproperlyConfigured(
            f"{name} is {path}: the folder cannot be written to. Change its owner or choose another one."
        )
    return path
