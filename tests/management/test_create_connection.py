"""``manage.py create_connection`` prints an address and a secret, once and as JSON."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from interactions.ingest.connections import find, seal
from interactions.models import ActivityEntry

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> dict[str, str]:
    out = io.StringIO()
    call_command("create_connection", *arguments, stdout=out)
    made: dict[str, str] = json.loads(out.getvalue().splitlines()[-1])
    return made


def test_the_last_line_says_where_to_send_and_what_to_sign_with() -> None:
    made = create("segment", "--environment", "development", "--name", "Site")
    _, _, _, source, token = made["path"].split("/")
    connection = find.find(source, token)
    assert connection is not None
    assert (connection.pk, connection.name, connection.environment.slug) == (made["id"], "Site", "development")
    assert seal.opened(connection.secret) == made["secret"] != ""
    entry = ActivityEntry.objects.get(action="connection_created")
    assert (entry.actor, entry.environment) == ("create_connection", connection.environment)


def test_a_tool_that_brings_its_own_secret_keeps_it() -> None:
    assert create("shopify", "--secret", "of the shop")["secret"] == "of the shop"


def test_a_tool_that_signs_nothing_gets_no_secret() -> None:
    assert create("posthog")["secret"] == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("mixpanel",), "invalid choice"),
        (("segment", "--environment", "nowhere"), "There is no environment called nowhere."),
        (("segment", "--name", "x" * 101), "at most 100 characters"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        create(*arguments)
