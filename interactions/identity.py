"""Keyed hashes that identify people, and signatures that stay valid for good.

Both depend on IDENTITY_KEY, which never changes; SECRET_KEY signs what lasts only a while. Before IDENTITY_KEY existed,
people's hashes were keyed with SECRET_KEY. Tombstones, receipts and the activity log have such hashes but no ids, so
they're still looked up with the keys saved at that time (:func:`earlier`).
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.signing import Signer, b64_encode
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dojo.environ import write_durably
from interactions.contract.keyring import EarlierKeyring, Keyring
from interactions.errors import DojoError
from interactions.models.identity import IdentityKey

RECEIPT: Final = "interactions.erasure.receipt"  # the salt of lasting signatures; it must not change


class IdentityKeyError(DojoError):
    """The available keys can't produce people's hashes."""


@dataclass(frozen=True, slots=True)
class EarlierKeys:
    """Keys derived from SECRET_KEY before the upgrade: for the hashes of ids, and for the signatures of receipts."""

    ids: EarlierKeyring
    receipts: bytes


def keyring() -> Keyring:
    """The keyring of this Dojo's identities. Raises IdentityKeyError if IDENTITY_KEY isn't the one used so far."""
    return _proved(settings.IDENTITY_KEY)


def unproved_keyring() -> Keyring:
    """The keyring from IDENTITY_KEY without a check; the caller checks it with :func:`require`."""
    return Keyring(settings.IDENTITY_KEY.encode())


@lru_cache(maxsize=1)
def _proved(secret: str) -> Keyring:
    made = unproved_keyring()
    fresh = {"check_value": made.check, "upgraded_at": timezone.now()}
    row, _ = IdentityKey.objects.get_or_create(pk=1, defaults=fresh)
    if row.upgraded_at is None:
        raise IdentityKeyError(
            "People are still named as an earlier version of Dojo did it. Stop Dojo, and start it with "
            '"manage.py run", or run "manage.py upgrade_identities" before.'
        )
    require(made, row)
    return made


def require(made: Keyring, row: IdentityKey) -> None:
    """Raises IdentityKeyError if people's hashes were made with another key."""
    if row.check_value != made.check:
        raise IdentityKeyError(
            "IDENTITY_KEY is not the one that people are named by in this database. Put the file identity_key of your "
            "backup into the data folder, or give the former IDENTITY_KEY. It cannot be changed."
        )
    if row.earlier_check:
        _read_earlier(Path(settings.EARLIER_IDENTITY_KEYS), row.earlier_check)


def check_value(secret: str) -> str:
    """A value derived from IDENTITY_KEY, to check whether people's hashes were made with it."""
    return Keyring(secret.encode()).check


def key_files() -> dict[str, str]:
    """The keys for a backup by file name, including keys from settings."""
    keys = {"identity_key": settings.IDENTITY_KEY, "secret_key": settings.SECRET_KEY}
    earlier = Path(settings.EARLIER_IDENTITY_KEYS)
    if earlier.exists():
        keys["earlier_identity_keys"] = earlier.read_text()
    return keys


def use(secret: str) -> None:
    """Use this IDENTITY_KEY, from a backup that is being restored, from now on."""
    settings.IDENTITY_KEY = secret
    _proved.cache_clear()
    _read_earlier.cache_clear()


def earlier() -> EarlierKeys | None:
    """The keys from before the upgrade; None if there was no upgrade. Raises IdentityKeyError if they are lost."""
    row = IdentityKey.objects.filter(pk=1).first()
    if row is None or not row.earlier_check:
        return None
    return _read_earlier(Path(settings.EARLIER_IDENTITY_KEYS), row.earlier_check)


@lru_cache(maxsize=1)
def _read_earlier(path: Path, check: str) -> EarlierKeys:
    try:
        text = path.read_text()
    except FileNotFoundError:
        text = ""
    if _check_of(text) != check:
        raise IdentityKeyError(
            f"The file {path.name} is missing in the data folder, or is another one: people who were erased "
            "before the upgrade are kept out by it. Put the one of your backup there."
        )
    said = json.loads(text)
    return EarlierKeys(EarlierKeyring(bytes.fromhex(said["ids"])), bytes.fromhex(said["receipts"]))


def secret_keys() -> tuple[str, ...]:
    """SECRET_KEY and the earlier ones that can still decrypt."""
    return settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS


def earlier_of_secret_key() -> EarlierKeyring:
    """The keyring for hashes of ids with the current SECRET_KEY."""
    return EarlierKeyring(EarlierKeyring.key_of(settings.SECRET_KEY.encode()))


def keep_earlier() -> str:
    """Save the keys derived from SECRET_KEY in a file, unless it exists; returns its check value."""
    path = Path(settings.EARLIER_IDENTITY_KEYS)
    if not path.exists():
        secret = settings.SECRET_KEY.encode()
        keys = {
            "ids": EarlierKeyring.key_of(secret).hex(),
            "receipts": sha256(f"{RECEIPT}signer".encode() + secret).hexdigest(),  # as Django's Signer derives it
        }
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        write_durably(draft, json.dumps(keys))
        draft.replace(path)
    return _check_of(path.read_text())


def _check_of(text: str) -> str:
    return blake2b(text.encode(), digest_size=16, person=b"dojo check").hexdigest()


def names_of(identifier: str) -> list[int]:
    """The hashes of an id: the current one, and the one from before the upgrade."""
    known = earlier()
    return [keyring().key(identifier), *([known.ids.key(identifier)] if known else [])]


def signature(text: str) -> str:
    """The lasting signature of a text."""
    return Signer(key=settings.IDENTITY_KEY, salt=RECEIPT, fallback_keys=[]).signature(text)


def is_signed(text: str, given: str) -> bool:
    """Whether this Dojo made a signature of a text, now or before the upgrade."""
    if constant_time_compare(given, signature(text)):
        return True
    known = earlier()
    if known is None:
        return False
    made = b64_encode(hmac.digest(known.receipts, text.encode(), sha256)).decode()
    return constant_time_compare(given, made)
