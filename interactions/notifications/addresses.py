"""Addresses of channels: checked, encrypted for the database, and shortened for pages."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from interactions import seal
from interactions.errors import DojoError

_PURPOSE: Final = b"dojo.notify"
MOST_ADDRESSES: Final = 20

# Services of Apprise that always go to the same hosts on the Internet. Members may use these for themselves; owners may
# use all others, such as json:// or a Mattermost of one's own.
FIXED_HOSTS: Final = frozenset({"slack", "discord", "tgram", "pover", "gchat"})
_TEAMS: Final = "workflows"  # its hosts are Microsoft's, but each tenant has its own
_OF_MICROSOFT: Final = (".logic.azure.com", ".powerplatform.com", ".powerautomate.com")
OWN_SERVICES: Final = (*sorted(FIXED_HOSTS), _TEAMS)
"""Those that every member may use."""
# These reach the machine itself rather than somebody.
_LOCAL: Final = frozenset(
    {"dbus", "qt", "glib", "gnome", "kde", "macosx", "windows", "growl", "syslog", "file", "exec", "mailto", "mailtos"}
)


class AddressRefused(DojoError):
    """An address that can't be used for a channel. The message says why."""


def sealed(text: str) -> str:
    """Encrypt an address or secret."""
    return seal.sealed(text, _PURPOSE)


def opened(stored: str) -> str:
    """Decrypt it. Raises SecretUnreadable."""
    return seal.opened(stored, _PURPOSE)


def is_same(stored: str, address: str) -> bool:
    """Whether an encrypted address is this one; no if it can't be read any more."""
    try:
        return opened(stored) == address
    except seal.SecretUnreadable:
        return False


def emails(text: str) -> list[str]:
    """E-mail addresses separated by commas or blanks. Raises AddressRefused."""
    found = list(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))
    if not found:
        raise AddressRefused("Enter an e-mail address.")
    if len(found) > MOST_ADDRESSES:
        raise AddressRefused(f"Enter at most {MOST_ADDRESSES} addresses.")
    for each in found:
        try:
            validate_email(each)
        except ValidationError:
            raise AddressRefused(f"{each[:60]} isn't an e-mail address.") from None
    return found


def webhook(url: str) -> str:
    """A webhook's URL. Raises AddressRefused unless it's http or https with a host, and no user or password."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or any(each.isspace() or not each.isprintable() for each in url):
        raise AddressRefused("Enter a whole address, such as https://example.com/hooks/dojo.")
    if parts.username or parts.password:
        raise AddressRefused("Leave out the user and password: check the signature instead.")
    if len(url) > 1_000:
        raise AddressRefused("The address is too long.")
    return url


def service(url: str, *, by_owner: bool) -> str:
    """A URL of Apprise, such as ``slack://…`` or Slack's own https:// address. Raises AddressRefused.

    Members who aren't owners, and everybody where private addresses aren't allowed, may only use services with fixed
    hosts.
    """
    import apprise  # takes 20 MB, which only this and deliveries need

    url = url.strip()
    found = apprise.Apprise.instantiate(url, suppress_exceptions=True) if url else None
    if found is None or len(url) > 1_000:
        raise AddressRefused("This isn't an Apprise URL. Apprise's documentation lists the format for each service.")
    schemes = _schemes(found)
    if schemes & _LOCAL:
        raise AddressRefused(f"{sorted(schemes)[0]}:// can't be used here.")
    is_fixed = bool(schemes & FIXED_HOSTS)
    if _TEAMS in schemes:
        is_fixed = str(getattr(found, "host", "")).lower().endswith(_OF_MICROSOFT)
    if not is_fixed and not (by_owner and settings.NOTIFY_PRIVATE_ADDRESSES):
        known = ", ".join(OWN_SERVICES)
        raise AddressRefused(f"Only an owner can add a service with this address. You can use: {known}.")
    return str(found.url(privacy=False))


def service_label(url: str) -> str:
    """The name of a service, without any part of its address."""
    import apprise

    found = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    return str(found.service_name) if found is not None and found.service_name else "Service"


def _schemes(plugin: object) -> set[str]:
    found: set[str] = set()
    for name in ("protocol", "secure_protocol"):
        value = getattr(plugin, name, None)
        found |= {value} if isinstance(value, str) else set(value or ())
    return found


def webhook_label(url: str) -> str:
    """The host and the beginning of the path; the rest may be a secret."""
    parts = urlsplit(url)
    return f"{parts.hostname}{f':{parts.port}' if parts.port else ''}"[:100]


def resolve(host: str, port: int) -> str:
    """The IP address to connect to. Raises AddressRefused if there is none, or only private ones and these aren't
    allowed (NOTIFY_PRIVATE_ADDRESSES)."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise AddressRefused(f"There is no host called {host[:100]}.") from None
    if settings.NOTIFY_PRIVATE_ADDRESSES:
        return found[0]
    allowed = [each for each in found if ipaddress.ip_address(each.partition("%")[0]).is_global]
    if not allowed:
        raise AddressRefused(f"{host[:100]} is a private address, and NOTIFY_PRIVATE_ADDRESSES doesn't allow those.")
    return allowed[0]
