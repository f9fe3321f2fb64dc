"""What webhooks and services receive, and which addresses are refused."""

from __future__ import annotations

import hmac
import json
import logging
import time
from hashlib import sha256
from typing import Any

import pytest

from interactions.models import Environment, Notification, NotificationDelivery
from interactions.notifications import addresses, deliver
from interactions.notifications.addresses import AddressRefused

from .receivers import Hook
from .told import Kind, channel

State = NotificationDelivery.State


def sent_to(environment: Environment, url: str, **values: Any) -> NotificationDelivery:
    return deliver.send_test(channel(environment, url, **values), "once")


def test_a_webhook_receives_signed_json(environment: Environment, hook: Hook, settings: Any) -> None:
    settings.PUBLIC_URL = "https://dojo.example"
    assert sent_to(environment, f"{hook.url}?a=1").state == State.SENT
    (received,) = hook.received
    assert received.path == "/hooks/dojo?a=1" and received.headers["Content-Type"] == "application/json"
    said = json.loads(received.body)
    row = Notification.objects.get()
    assert said == {
        "id": f"notification-{row.pk}",
        "event": "test",
        "environment": "production",
        "at": row.at.isoformat(),
        "title": "Test of Dojo in Production",
        "text": row.text,
        "url": "https://dojo.example/production/",
        "details": {},
    }
    at, digest = (part.partition("=")[2] for part in received.headers["Dojo-Signature"].split(","))
    assert abs(int(at) - time.time()) < 60
    assert digest == hmac.new(b"s3cret", at.encode() + b"." + received.body, sha256).hexdigest()


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
def test_anything_but_2xx_has_failed_and_redirects_are_not_followed(
    environment: Environment, hook: Hook, status: int
) -> None:
    hook.status, hook.headers = status, {"Location": hook.url}
    assert sent_to(environment, hook.url).result == f"The receiver answered {status}."
    assert len(hook.received) == 1


def test_a_receiver_that_is_away_has_failed(environment: Environment) -> None:
    assert "can't be reached" in sent_to(environment, "http://127.0.0.1:1/").result


def test_private_addresses_can_be_forbidden(environment: Environment, hook: Hook, settings: Any) -> None:
    settings.NOTIFY_PRIVATE_ADDRESSES = False
    result = sent_to(environment, hook.url.replace("127.0.0.1", "localhost")).result
    assert "NOTIFY_PRIVATE_ADDRESSES" in result and not hook.received


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "http://",
        "https://user:password@hooks.example/",
        "https://hooks.example/a b",
        "https://hooks.example:port/",
        "https://hooks.example/\r\nX: y",
        "https://hooks.example/" + "a" * 1000,
        "javascript:alert(1)",
        "http://[::1/",
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        addresses.webhook(url)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@example.com", ["a@example.com"]),
        (" a@example.com,b@example.com; a@example.com ", ["a@example.com", "b@example.com"]),
    ],
)
def test_addresses_of_mail_are_read(text: str, found: list[str]) -> None:
    assert addresses.emails(text) == found


@pytest.mark.parametrize("text", ["", "a", "a@b@c", "a@example.com x", "a@example.com " * 3 + "@"])
def test_what_is_no_address_of_mail_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused):
        addresses.emails(text)


def test_a_service_is_asked_through_apprise(environment: Environment, hook: Hook) -> None:
    url = hook.url.replace("http://", "json://")
    assert sent_to(environment, url, kind=Kind.SERVICE).state == State.SENT
    assert json.loads(hook.received[0].body)["title"] == "Test of Dojo in Production"


def test_a_failing_service_says_why_without_its_address(
    environment: Environment, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    hook.status = 403
    caplog.set_level(logging.DEBUG)
    url = hook.url.replace("http://", "json://").replace("/hooks/dojo", "/token-t0k3n")
    row = sent_to(environment, url, kind=Kind.SERVICE)
    assert row.state == State.FAILED and row.result.endswith(".")
    assert "t0k3n" not in row.result + caplog.text


def test_a_chat_of_teams_is_for_everybody_where_its_host_is_microsofts() -> None:
    path = ":443/643e69f83c8944/K5lPJuIjc6"
    assert addresses.service(f"workflows://prod-1.westeurope.logic.azure.com{path}", by_owner=False)
    with pytest.raises(AddressRefused):
        addresses.service(f"workflows://10.0.0.1{path}", by_owner=False)


SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#dojo"


@pytest.mark.parametrize("by_owner", [True, False])
def test_a_chat_with_a_fixed_host_is_for_everybody(by_owner: bool) -> None:
    assert addresses.service(SLACK, by_owner=by_owner).startswith("slack://")
    assert addresses.service_label(SLACK) == "Slack"


def test_other_services_are_for_owners_where_private_addresses_are_allowed(settings: Any) -> None:
    assert addresses.service("json://10.0.0.1/x", by_owner=True)
    with pytest.raises(AddressRefused):
        addresses.service("json://10.0.0.1/x", by_owner=False)
    settings.NOTIFY_PRIVATE_ADDRESSES = False
    with pytest.raises(AddressRefused):
        addresses.service("json://10.0.0.1/x", by_owner=True)


@pytest.mark.parametrize("url", ["", "nothing", "dbus://", "syslog://", "unknown://x", "mailto://a:b@example.com"])
def test_what_is_no_service_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        addresses.service(url, by_owner=True)


def test_addresses_are_encrypted_and_a_new_key_is_said(environment: Environment, settings: Any) -> None:
    row = channel(environment)
    assert "hooks" not in row.address and "s3cret" not in row.secret
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, []
    assert "SECRET_KEY has changed" in deliver.send_test(row, "once").result
