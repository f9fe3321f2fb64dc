"""The register of stores knows every place there is: who adds one has to say how a person is erased from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache

from dojo.heartbeat import beat, connect
from interactions import privacy
from interactions.contract.tombstones import Person
from interactions.models import DeletionRequest, Environment
from interactions.privacy.stores import FAMILIES, NOT_PERSONAL, OUT_OF_REACH, STORES
from tests import figures
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House
from tests.processes import HOUSE

from .people import crowd

HELD = {held for store in STORES for held in store.holds}
KNOWN = HELD | set(NOT_PERSONAL) | set(OUT_OF_REACH)
LOG_OF_SQLITE = re.compile(r"(?<=\.sqlite3)-(wal|shm)$")  # beside its database, for as long as that is open
FILES = re.compile(r'DATA_DIR\)? / f?["\']([a-z_0-9]+)')


def sources() -> list[str]:
    paths = [path for folder in ("dojo", "interactions") for path in (HOUSE / folder).rglob("*.py")]
    return [path.read_text() for path in paths if path.name != "stores.py"]


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_every_model_is_in_the_register(model: type) -> None:
    assert model._meta.label in KNOWN


def test_every_entry_of_the_data_folder_is_in_the_register() -> None:
    named = {name for text in sources() for name in FILES.findall(text)}
    assert {"lake", "uploads", "imports", "logs", "scratch", "redis", "dojo", "secret_key", "identity_key"} <= named
    assert {"dojo.sqlite3/" if name == "dojo" else f"{name}/" for name in named} <= KNOWN


def test_every_entry_that_is_there_is_in_the_register() -> None:
    """Also those that nobody's settings name."""
    there = {LOG_OF_SQLITE.sub("", path.name) for path in Path(settings.DATA_DIR).iterdir()}
    databases = {name for name in there if name.startswith("test.sqlite3")}  # the tests' own
    assert {f"{name}/" for name in there - databases} <= KNOWN


# What django-allauth keeps: limits, codes that were used, tokens of providers that were used.
OF_ALLAUTH = ("allauth:rl:a:b", "allauth.mfa.totp.used?user=1&code=2", "jwt:iss=a,jti=b")


def test_every_family_of_keys_that_the_code_names_is_in_the_register() -> None:
    named = {name for text in sources() for name in re.findall(r'"(dojo:[a-z]+)', text)}
    assert {"dojo:live", "dojo:lake", "dojo:workers", "dojo:calls"} <= named
    assert [name for name in named if not any(f.startswith(name) for f in FAMILIES)] == []


def test_every_key_that_the_code_keeps_in_djangos_cache_is_in_the_register() -> None:
    """The cache puts its own beginning before them."""
    using = [text for text in sources() if "django.core.cache import" in text]
    named = {name for text in using for name in re.findall(r'f"([a-z-]+:)\{', text)}
    named |= {cache.make_key(name).removeprefix("dojo:1:").partition(":")[0] + ":" for name in OF_ALLAUTH}
    assert {"form:", "log-in:"} <= named
    assert [name for name in named if f"dojo:1:{name}" not in FAMILIES] == []


def test_every_key_that_is_there_is_in_the_register(house: House) -> None:
    house.done(as_lines(crowd()))
    figures.totals("production")
    with connect() as client:
        beat(client, "somebody")
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        keys = client.keys()
    assert any(key.startswith("dojo:workers") for key in keys)
    assert [key for key in keys if not belongs(key)] == []


def belongs(key: str) -> bool:
    return any(key.startswith(family) if family != "dojo" else key == family for family in FAMILIES)


def test_every_family_is_a_store_or_says_why_it_need_not_be() -> None:
    assert set(FAMILIES.values()) == {held for held in KNOWN if held.startswith("redis:")}


def test_nothing_is_in_the_register_that_is_not_there() -> None:
    models = {model._meta.label for model in apps.get_models()}
    assert {held for held in KNOWN if "." in held and not held.endswith("/")} <= models


def test_every_store_that_is_left_full_makes_the_request_fail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import Counter
    from dataclasses import replace

    from interactions.privacy import erasure as carrying

    for store in STORES:
        request = privacy.request(Environment.objects.get(slug="production"), ["ann"])
        full = replace(store, count=lambda *_: Counter({Person(user_key=1): 2}))
        monkeypatch.setattr(carrying, "STORES", [full if each is store else each for each in STORES])
        house.do(("erase_people", request.pk))
        request.refresh_from_db()
        assert (request.state, request.error) == (
            DeletionRequest.State.FAILED,
            f"Records are left: 2 in {store.name}. They stay hidden: press Retry.",
        )
