"""What a key may do: its scopes, and its last day."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from interactions.access import keys
from interactions.api import reference
from interactions.models import ActivityEntry, ApiKey, Environment

Scope = ApiKey.Scope
BODY = json.dumps({"data": [{"type": "like"}]})
NEEDS = [call for call in reference.CALLS if call.keys in set(Scope)]


def call(client: Client, documented: reference.DocumentedCall, key: str) -> HttpResponse:
    address = documented.path.replace("{name}", "totals")
    body = json.dumps(documented.body) if documented.body else ""
    headers = {"X-API-KEY": key}
    return client.generic(documented.method, address, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("documented", NEEDS, ids=lambda each: each.id)
def test_each_call_asks_for_its_scope_and_for_no_other(
    client: Client, production: Environment, documented: reference.DocumentedCall
) -> None:
    for scopes in itertools.chain.from_iterable(itertools.combinations(Scope, size) for size in (1, 3)):
        key = keys.create(production, kind=ApiKey.Kind.SECRET, name="k", scopes=scopes)[1]
        answer = call(client, documented, key)
        assert (answer.status_code == 403) == (documented.keys not in scopes), (scopes, answer.status_code)


@pytest.mark.parametrize("documented", NEEDS, ids=lambda each: each.id)
def test_a_publishable_key_has_one_scope_whatever_it_was_made_with(
    client: Client, production: Environment, documented: reference.DocumentedCall
) -> None:
    key, text = keys.create(production, kind=ApiKey.Kind.PUBLISHABLE, name="k", scopes=list(Scope))
    assert key.scopes == "write"
    assert (call(client, documented, text).status_code == 403) == (documented.keys != Scope.WRITE)


def test_the_migration_keeps_what_keys_could_do(production: Environment) -> None:
    made = {kind: keys.create(production, kind=kind, name=kind)[0] for kind in ApiKey.Kind}
    ApiKey.objects.update(scopes="write")
    with connection.schema_editor() as editor:
        import_module("interactions.migrations.0030_key_scopes").keep_rights(apps, editor)
    for key in made.values():
        key.refresh_from_db()
    assert made[ApiKey.Kind.SECRET].scopes == "write delete" and made[ApiKey.Kind.PUBLISHABLE].scopes == "write"


def test_an_expired_key_is_refused_with_the_day(client: Client, production: Environment) -> None:
    last = datetime(2024, 2, 29, 23, tzinfo=UTC)
    key = keys.create(production, kind=ApiKey.Kind.SECRET, name="k", expires_at=last)[1]
    answer = client.post("/v1/interactions", BODY, content_type="application/json", headers={"X-API-KEY": key})
    assert answer.status_code == 401
    assert answer.json() == {"message": "This API key expired on Feb 29, 2024. Create another one."}


def test_a_key_is_not_relied_on_beyond_its_date(
    client: Client, production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "LEASE_SECONDS", 60)
    end = timezone.now() + timedelta(seconds=1)
    text = keys.create(production, kind=ApiKey.Kind.SECRET, name="k", expires_at=end)[1]
    assert keys.find(text) is not None
    time.sleep(max(0.0, (end - timezone.now()).total_seconds()))
    assert keys.find(text) is None and keys.leased(text) is None


def test_a_rotated_key_keeps_its_scopes_and_its_length_of_life(production: Environment) -> None:
    end = timezone.now() + timedelta(days=30)
    old = keys.create(production, kind=ApiKey.Kind.SECRET, name="k", scopes=[Scope.READ], expires_at=end)[0]
    ApiKey.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=60))
    new = keys.rotate(old, timedelta(hours=1))[0]
    assert new.scopes == "read" and new.expires_at is not None
    assert timedelta(days=89) < new.expires_at - timezone.now() < timedelta(days=91)


def test_an_expired_key_is_neither_rotated_nor_revoked(production: Environment) -> None:
    key = keys.create(production, kind=ApiKey.Kind.SECRET, name="k", expires_at=datetime(2024, 1, 1, tzinfo=UTC))[0]
    with pytest.raises(keys.KeyEnded):
        keys.rotate(key, timedelta(hours=1))
    keys.revoke(key)
    assert key.ends_at is None and key.is_expired


def test_the_activity_log_says_what_a_key_may_do(production: Environment) -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    keys.create(production, kind=ApiKey.Kind.SECRET, name="k", scopes=[Scope.READ], expires_at=end)
    details = ActivityEntry.objects.get(action=ActivityEntry.Action.KEY_CREATED).details
    assert details == {"kind": "secret", "scopes": "read", "expires": "2030-01-01"}


def test_the_command_makes_keys_with_scopes_and_a_date(
    production: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--environment", "production", "--kind", "secret"]
    call_command("create_api_key", *given, "--scope", "read", "--scope", "people", "--expires-in", "90")
    found = keys.find(capsys.readouterr().out.splitlines()[-1])
    key = ApiKey.objects.get()
    assert found is not None and found.scopes == {"read", "people"} and key.scopes == "read people"
    assert key.expires_at is not None and timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    for wrong in (["--expires-in", "0"], ["--expires-in", "99999"]):
        with pytest.raises(CommandError):
            call_command("create_api_key", *given, *wrong)
    with pytest.raises(CommandError):
        call_command("create_api_key", *given[:3], "publishable", "--scope", "read")
