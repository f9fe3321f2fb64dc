"""Data folders from before there was an IDENTITY_KEY: all that names people is named anew, once, whatever is killed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from interactions import identity, privacy
from interactions.identity import IdentityKeyError
from interactions.ingest import live
from interactions.models import (
    Block,
    DeletionRequest,
    Environment,
    IdentityKey,
    Import,
    RequestedLink,
    RequestedPerson,
    Tombstone,
)
from interactions.privacy import identity_upgrade, receipts
from interactions.warehouse import rekey
from interactions.warehouse.lake import Lake
from tests import earlier
from tests.earlier import (
    GONE,
    GONE_BROWSER,
    HIDDEN,
    HIDDEN_BROWSER,
    PREPARED,
    PREPARED_BROWSER,
    STAYS,
    STAYS_BROWSER,
    WAITING,
    OldKeyring,
    furnish,
    misnamed,
)
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import as_lines, record
from tests.ingest.imports.house import House, rows, users

__all__ = ["folders", "house"]


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def keys(settings: Any, folders: Path) -> Iterator[None]:
    """Keys of this test's own, and nothing remembered of others."""
    settings.SECRET_KEY, settings.IDENTITY_KEY = "the secret key of before", "an identity key"
    settings.IMPORT_STALE_SECONDS = 3600  # signs of life would wait for this test's own transaction
    settings.EARLIER_IDENTITY_KEYS = folders / "earlier_identity_keys"
    identity._proved.cache_clear()
    identity._read_earlier.cache_clear()
    yield
    identity._proved.cache_clear()
    identity._read_earlier.cache_clear()


def upgrade() -> list[str]:
    """What it says while it is done."""
    said: list[str] = []
    identity_upgrade.upgrade(lambda sentence, **_: said.append(sentence), lambda lake: nullcontext())
    return said


@contextmanager
def killed_after(steps: int) -> Iterator[None]:
    """The process ends after so many steps that leave something behind."""
    left = steps

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            made = step(*args, **kwargs)
            left -= 1
            if left < 0:
                raise Killed
            return made

        return take

    places = [
        *((identity, name) for name in ("keep_earlier",)),
        *((identity_upgrade, name) for name in ("_freeze", "_rename", "_name_requested", "rekey_file")),
        *((rekey, name) for name in ("rekey_file",)),
        *((Lake, name) for name in ("replace", "clean")),
    ]
    with ExitStack() as patches:
        for place, name in places:
            patches.enter_context(patch.object(place, name, counted(getattr(place, name))))
        yield


def interrupted() -> int:
    """Upgrade with a kill after each step in turn; how many there were."""
    for steps in range(200):
        try:
            with killed_after(steps):
                upgrade()
        except Killed:
            with pytest.raises(IdentityKeyError, match="upgrade_identities"):
                identity.keyring()
            continue
        return steps
    raise AssertionError("It does not come to an end.")


@pytest.fixture(params=["at once", "interrupted"])
def upgraded(request: pytest.FixtureRequest, house: House) -> tuple[DeletionRequest, Import]:
    furnished = furnish(house)
    assert misnamed(OldKeyring("the secret key of before")) == []
    with patch.object(rekey, "_GROUP_PARTS", 2):
        if request.param == "at once":
            upgrade()
        else:
            assert interrupted() > 10
    return furnished


def test_everyone_is_named_by_the_identity_key(upgraded: tuple[DeletionRequest, Import], house: House) -> None:
    assert len(earlier.files()) > 10
    assert misnamed(identity.keyring()) == []
    key = identity.keyring().key
    named = RequestedPerson.objects.values_list("key", "is_anonymous")
    assert set(named) == {(key(PREPARED), False), (key(STAYS_BROWSER), True)}
    link = RequestedLink.objects.get()
    assert (link.user_key, link.anonymous_key) == (key(PREPARED), key(PREPARED_BROWSER))
    version = Lake("production").version()
    assert upgrade() == []
    assert Lake("production").version() == version


def test_who_was_erased_before_stays_out_also_after_the_secret_key_changes(
    upgraded: tuple[DeletionRequest, Import], house: House, settings: Any
) -> None:
    settings.SECRET_KEY = "another secret key"
    before = rows()
    house.done(
        as_lines(
            [record(100, user_id=GONE, anonymous_id=GONE_BROWSER), record(200, user_id=None, anonymous_id=GONE_BROWSER)]
        )
    )
    refused = '{"type":"rate","rating":"five","user_id":"gone\\u0040example.org"}'
    imp = house.done(as_lines([refused]), name="refused.json")
    assert rows() == before
    assert GONE not in str(list(imp.blocks.values_list("problems__value", flat=True)))
    earlier.called(record(100, user_id=GONE), record(200, user_id=None, anonymous_id=GONE_BROWSER))
    live.append(Environment.objects.get(slug="production"))
    assert not {GONE, WAITING} & set(users())
    assert {STAYS, "comes live"} <= set(users())


def test_who_was_hidden_before_is_hidden_and_can_be_erased(
    upgraded: tuple[DeletionRequest, Import], house: House
) -> None:
    from interactions.warehouse import people

    hidden = people.hidden("production")
    key = identity.keyring().key
    assert {key(HIDDEN), key(WAITING)} == set(hidden.users.keys.tolist())
    assert set(hidden.anonymous.keys.tolist()) == {key(HIDDEN_BROWSER)}
    assert HIDDEN in users()
    request = DeletionRequest.objects.filter(state=DeletionRequest.State.HIDDEN).earliest("pk")
    house.do(("erase_people", request.pk))
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.error) == (DeletionRequest.State.VERIFIED, "")
    assert not {HIDDEN, WAITING} & set(users())
    receipt = receipts.check(request.receipt)
    assert receipt.names(HIDDEN) and receipt.names(HIDDEN_BROWSER) and not receipt.names(STAYS)


def test_receipts_from_before_hold_also_after_the_secret_key_changes(
    upgraded: tuple[DeletionRequest, Import], settings: Any
) -> None:
    verified, _ = upgraded
    settings.SECRET_KEY = "another secret key"
    receipt = receipts.check(verified.receipt)
    assert receipt.names(GONE) and receipt.names(GONE_BROWSER) and not receipt.names(STAYS)
    with pytest.raises(receipts.NoReceipt):
        receipts.check(verified.receipt.replace("records_erased", "records_left"))


def test_an_import_that_was_read_before_is_committed_after(
    upgraded: tuple[DeletionRequest, Import], house: House
) -> None:
    _, imp = upgraded
    house.do(("finish_import", imp.pk))
    imp.refresh_from_db()
    assert (imp.state, imp.accepted, imp.rejected) == (Import.State.DONE_WITH_REJECTS, 30, 1)
    assert {f"user-{number}" for number in range(800, 830)} <= set(users())
    assert misnamed(identity.keyring()) == []


def test_what_was_found_of_nobody_keeps_its_earlier_name(upgraded: tuple[DeletionRequest, Import]) -> None:
    stones = Tombstone.objects.filter(is_earlier=True)
    old = OldKeyring("the secret key of before")
    assert {(stone.user_key, stone.anonymous_key) for stone in stones} == {
        (old.key(GONE), None),
        (None, old.key(GONE_BROWSER)),
    }


def test_it_says_how_far_it_is(house: House) -> None:
    furnish(house)
    parts = len(Lake("production").files())
    said = upgrade()
    assert said[0] == f"Upgrading identities of production: 1 of {parts} parts…"
    assert said[-2:] == [f"Upgrading identities of production: {parts} of {parts} parts…", "Upgraded identities."]


def test_nothing_is_changed_with_another_secret_key_than_before(house: House, settings: Any) -> None:
    furnish(house)
    settings.SECRET_KEY = "changed with the upgrade"
    with pytest.raises(IdentityKeyError, match="SECRET_KEY is not the one"):
        upgrade()
    assert misnamed(OldKeyring("the secret key of before")) == []
    assert IdentityKey.objects.get().check_value == ""
    settings.SECRET_KEY = "the secret key of before"
    upgrade()
    assert misnamed(identity.keyring()) == []


def test_once_it_began_the_secret_key_may_change(house: House, settings: Any) -> None:
    verified, _ = furnish(house)
    with pytest.raises(Killed), killed_after(6):
        upgrade()
    settings.SECRET_KEY = "changed in the middle"
    upgrade()
    assert misnamed(identity.keyring()) == []
    assert receipts.check(verified.receipt).names(GONE)


def test_the_earlier_keys_are_kept_from_others_and_missed(house: House, settings: Any) -> None:
    furnish(house)
    upgrade()
    path = Path(settings.EARLIER_IDENTITY_KEYS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.SECRET_KEY not in path.read_text()
    shutil.move(path, path.with_suffix(".away"))
    identity._proved.cache_clear()
    identity._read_earlier.cache_clear()
    with pytest.raises(IdentityKeyError, match="earlier_identity_keys is missing"):
        identity.keyring()


def test_a_block_that_is_cancelled_meanwhile_is_left_alone(house: House) -> None:
    furnish(house)
    Block.objects.filter(of__phase=Import.Phase.COMMITTING).update(claim="gone")
    upgrade()
    assert IdentityKey.objects.get().upgraded_at is not None
    assert house.ask(privacy.request, Environment.objects.get(slug="production"), [STAYS]).state == "hidden"
