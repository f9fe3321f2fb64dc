"""Send a notification to a chat or other service, through Apprise."""

from __future__ import annotations

import logging
import re

from interactions.errors import DojoError
from interactions.models import Notification, NotificationChannel
from interactions.notifications import addresses
from interactions.notifications.links import link

_URL = re.compile(r"(?<!\S)[^\s/]*+/\S++")  # a whole word, at whose beginning alone it's looked for


class ServiceFailed(DojoError):
    """A service refused, or can't be reached."""


def send(channel: NotificationChannel, notification: Notification) -> None:
    """Raises ServiceFailed, AddressRefused, SecretUnreadable."""
    import apprise  # takes 20 MB, which no other task needs

    # Checked again: settings may have changed since it was added.
    url = addresses.service(addresses.opened(channel.address), by_owner=channel.user is None)
    sender = apprise.Apprise()
    sender.add(url)
    address = link(notification.path)
    body = notification.text + (f"\n{address}" if address and address not in notification.text else "")
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
        is_sent = sender.notify(title=notification.title, body=body, body_format=apprise.NotifyFormat.TEXT)
        said = log.getvalue().strip().splitlines()
    if not is_sent:
        raise ServiceFailed(_said(said[-1] if said else ""))


def _said(line: str) -> str:
    """What Apprise says of a failure, without addresses, which may be secret."""
    words = _URL.sub("…", line)[:250]
    return f"{words or 'The service refused the message, or could not be reached'}".rstrip(".") + "."
