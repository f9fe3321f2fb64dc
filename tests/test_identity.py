"""People are named by IDENTITY_KEY alone; SECRET_KEY only signs what lasts a while, and can be changed at any time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client

from interactions import identity
from interactions.contract.keyring import Keyring
from interactions.identity import IdentityKeyError
from interactions.models import DeletionRequest, Environment, IdentityKey, Tombstone
from interactions.privacy import people, receipts
from tests.cast import analyst
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House, users
from tests.privacy.people import ANN, crowd, erased, of_ann
from tests.processes import HOUSE

__all__ = ["folders", "house"]


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Nothing is remembered of earlier tests' keys, nor of this one's."""
    identity._proved.cache_clear()
    yield
    identity._proved.cache_clear()


def test_only_the_door_knows_the_keys() -> None:
    """Whoever made a keyring or a signature elsewhere could make it of another key."""
    for folder in ("dojo", "interactions"):
        for path in (HOUSE / folder).rglob("*.py"):
            name = str(path.relative_to(HOUSE))
            if name in ("interactions/identity.py", "dojo/settings.py"):
                continue
            text = path.read_text()
            assert not re.search(r"settings\.(SECRET|IDENTITY)_KEY\b|[^.\w]Signer\(", text), name
            assert not re.search(r"\b(Earlier)?Keyring\(", text), name


def test_another_secret_key_changes_nobody(house: House, settings: Any) -> None:
    here = Environment.objects.get(slug="production")
    house.done(as_lines(crowd()))
    request = erased(house)
    key, address = identity.keyring().key("user-1"), people.find(here, "user-1")[0].address
    settings.SECRET_KEY = "another secret key"
    assert identity.keyring().key("user-1") == key
    assert people.find(here, "user-1")[0].address == address
    house.done(as_lines([of_ann(4)]))
    assert ANN not in users()
    assert receipts.check(request.receipt).names(ANN)
    assert not receipts.check(request.receipt).names("user-1")
    assert "SipHash-2-4" in request.receipt


def test_a_receipt_that_the_secret_key_signed_is_none(house: House) -> None:
    """Nothing was ever signed so in a data folder without earlier keys."""
    house.done(as_lines(crowd()))
    request = erased(house)
    signed = receipts.json.loads(request.receipt)
    text = receipts._canonical({name: value for name, value in signed.items() if name != "signature"})
    signed["signature"] = Signer(salt=identity.RECEIPT).signature(text)
    with pytest.raises(receipts.NoReceipt, match="another identity key"):
        receipts.check(receipts.json.dumps(signed))


def test_sessions_and_links_outlive_a_change_of_the_secret_key_that_is_still_given(
    db: None, client: Client, settings: Any
) -> None:
    client.force_login(analyst())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert client.get("/", follow=True).context["user"].is_authenticated
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a newer key", []
    assert not client.get("/", follow=True).context["user"].is_authenticated


def test_another_identity_key_is_refused(db: None, settings: Any, forgotten: None) -> None:
    settings.IDENTITY_KEY = "one"
    assert identity.keyring().check == Keyring(b"one").check == IdentityKey.objects.get().check_value
    settings.IDENTITY_KEY = "two"
    with pytest.raises(IdentityKeyError, match="IDENTITY_KEY is not the one"):
        identity.keyring()
    settings.IDENTITY_KEY = "one"
    assert identity.keyring().key("a") == Keyring(b"one").key("a")


def test_a_data_folder_that_waits_for_its_upgrade_names_nobody(house: House, forgotten: None) -> None:
    """Whoever starts the web server or a worker by hand."""
    IdentityKey.objects.all().delete()
    IdentityKey.objects.create(pk=1)
    with pytest.raises(IdentityKeyError, match="upgrade_identities"):
        house.ask(erased, house)
    assert not DeletionRequest.objects.exists() and not Tombstone.objects.exists()


def test_the_key_that_was_made_is_its_owners_alone(settings: Any) -> None:
    path = Path(settings.DATA_DIR) / "identity_key"
    assert path.read_text() == settings.IDENTITY_KEY != settings.SECRET_KEY
    assert len(settings.IDENTITY_KEY) == 64
    assert path.stat().st_mode & 0o777 == 0o600
