"""Send a notification to a webhook: JSON, signed. docs/notifications.md describes the body and the signature."""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import urllib3

from interactions.errors import DojoError
from interactions.models import Notification, NotificationChannel
from interactions.notifications import addresses
from interactions.notifications.links import link

SIGNATURE: Final = "Dojo-Signature"
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=10.0, total=15.0)


class WebhookFailed(DojoError):
    """The receiver didn't answer with 2xx."""


def send(channel: NotificationChannel, notification: Notification) -> None:
    """Raises WebhookFailed, AddressRefused, SecretUnreadable. Redirects aren't followed."""
    parts = urlsplit(addresses.webhook(addresses.opened(channel.address)))
    content = body(notification)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Dojo",
        SIGNATURE: signature(addresses.opened(channel.secret), content, int(time.time())),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _pool(parts.scheme, parts.hostname or "", parts.port) as pool:
            answer = pool.urlopen(
                "POST", path, content, headers, retries=False, redirect=False, timeout=_TIMEOUT, preload_content=False
            )
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise WebhookFailed(f"The receiver can't be reached ({type(error).__name__}).") from error
    if not 200 <= answer.status < 300:
        raise WebhookFailed(f"The receiver answered {answer.status}.")


def body(notification: Notification) -> bytes:
    """The JSON that is sent; the same for each attempt."""
    environment = notification.environment
    said: dict[str, Any] = {
        "id": f"notification-{notification.pk}",
        "event": notification.event,
        "environment": environment.slug if environment else None,
        "at": notification.at.isoformat(),
        "title": notification.title,
        "text": notification.text,
        "url": link(notification.path) or None,
        "details": notification.details,
    }
    return msgspec.json.encode(said)


def signature(secret: str, content: bytes, at: int) -> str:
    """``t=<seconds>,v1=<hex>``: HMAC-SHA256 of ``<seconds>.<body>`` with the channel's secret."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (at, content), sha256).hexdigest()
    return f"t={at},v1={digest}"


def _pool(scheme: str, host: str, port: int | None) -> urllib3.HTTPConnectionPool:
    """A connection to the address that was checked, even if the name resolves to another one by now."""
    port = port or (443 if scheme == "https" else 80)
    place = addresses.resolve(host, port)
    if scheme == "https":
        return urllib3.HTTPSConnectionPool(place, port, server_hostname=host, assert_hostname=host)
    return urllib3.HTTPConnectionPool(place, port)
