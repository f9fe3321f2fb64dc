"""The door to the keyed hashes that people are named by, and to what is signed for good.

All of it comes of IDENTITY_KEY, which stays as it is; SECRET_KEY signs what lasts a while. Before there was an
IDENTITY_KEY, people were named by SECRET_KEY: what names somebody so and holds no id, as tombstones, receipts and the
activity log, is still asked by keys that were kept then (:func:`earlier`).
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

RECEIPT: Final = "interactions.erasure.receipt"  # the salt of what is signed for good: it stays as it is


class IdentityKeyError(DojoError):
    """People cannot be named by the keys that are there."""


@dataclass(frozen=True, slots=True)
class EarlierKeys:
    """What came of SECRET_KEY until the upgrade: the hashes of ids, and the key of receipts' signatures."""

    ids: EarlierKeyring
    receipts: bytes


def keyring() -> Keyring:
    """The keyring of this Dojo's identities. Raises IdentityKeyError where it is not the one that was used so far."""
    return _proved(settings.IDENTITY_KEY)


def unproved_keyring() -> Keyring:
    """The keyring that IDENTITY_KEY makes, whatever people were named by: for whoever proves it by :func:`require`."""
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
    """Raises IdentityKeyError where people were named by another key."""
    if row.check_value != made.check:
        raise IdentityKeyError(
            "IDENTITY_KEY is not the one that people are named by in this database. Put the file identity_key of your "
            "backup into the data folder, or give the former IDENTITY_KEY. It cannot be changed."
        )
    if row.earlier_check:
        _read_earlier(Path(settings.EARLIER_IDENTITY_KEYS), row.earlier_check)


def check_value(secret: str) -> str:
    """What tells whether people are named by this IDENTITY_KEY."""
    return Keyring(secret.encode()).check


def key_files() -> dict[str, str]:
    """The keys for a backup, by the names of their files; also those that the settings give."""
    keys = {"identity_key": settings.IDENTITY_KEY, "secret_key": settings.SECRET_KEY}
    earlier = Path(settings.EARLIER_IDENTITY_KEYS)
    if earlier.exists():
        keys["earlier_identity_keys"] = earlier.read_text()
    return keys


def use(secret: str) -> None:
    """Name people by this IDENTITY_KEY from now on: that of a backup, which is being restored."""
    settings.IDENTITY_KEY = secret
    _proved.cache_clear()
    _read_earlier.cache_clear()


def earlier() -> EarlierKeys | None:
    """The keys from before the upgrade; None where there was none. Raises IdentityKeyError where they are lost."""
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
    """SECRET_KEY, and those before it that still open what they sealed."""
    return settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS


def earlier_of_secret_key() -> EarlierKeyring:
    """The hashes of ids that SECRET_KEY gives as it is now."""
    return EarlierKeyring(EarlierKeyring.key_of(settings.SECRET_KEY.encode()))


def keep_earlier() -> str:
    """Keep what came of SECRET_KEY in a file, unless one is there already; answers its check."""
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
    """The hashes that an id may be named by, now and from before the upgrade."""
    known = earlier()
    return [keyring().key(identifier), *([known.ids.key(identifier)] if known else [])]


def signature(text: str) -> str:
    """The signature of a text, for good."""
    return Signer(key=settings.IDENTITY_KEY, salt=RECEIPT, fallback_keys=[]).signature(text)


def is_signed(text: str, given: str) -> bool:
    """Whether a signature of a text was made here, be it before the upgrade."""
    if constant_time_compare(given, signature(text)):
        return True
    known = earlier()
    if known is None:
        return False
    made = b64_encode(hmac.digest(known.receipts, text.encode(), sha256)).decode()
    return constant_time_compare(given, made)
