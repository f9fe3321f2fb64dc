"""What user agents run on, by the rules of the uap-core project, which the package ua-parser brings up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import ibis

from interactions import process_caches


class Device(StrEnum):
    """What a user agent runs on."""

    DESKTOP = "desktop"
    PHONE = "phone"
    TABLET = "tablet"
    BOT = "bot"
    OTHER = "other"
    UNKNOWN = "unknown"


# The names that ua-parser has for systems and for clients which no person looks through.
_DESKTOPS: Final = frozenset(
    {
        *("Windows", "Mac OS X", "Mac OS", "Linux", "Chrome OS", "FreeBSD", "NetBSD", "OpenBSD", "Solaris"),
        *("Ubuntu", "Kubuntu", "Debian", "Linux Mint", "Fedora", "Red Hat", "CentOS", "SUSE", "Gentoo", "Arch Linux"),
    }
)
_PHONES: Final = frozenset(
    {
        *("KaiOS", "Firefox OS", "Windows Phone", "Windows Mobile", "BlackBerry OS", "Bada", "MeeGo", "HarmonyOS"),
        *("Symbian OS", "Symbian^3", "Symbian^3 Anna", "Symbian^3 Belle", "Nokia Series 30", "Nokia Series 40"),
    }
)
_PROGRAMS: Final = frozenset(
    {
        *("HeadlessChrome", "PhantomJS", "Python Requests", "Python-urllib", "aiohttp", "curl", "Wget", "PycURL"),
        *("Go-http-client", "Apache-HttpClient", "Java", "libwww-perl", "Scrapy", "axios", "node-fetch", "undici"),
        *("HTTPie", "PostmanRuntime"),
    }
)
RULES: Final = version("ua-parser-builtins")  # by which device_of judges
_KNOWN: Final = 100_000  # user agents remembered; bounds the memory, not the answer


@lru_cache(_KNOWN)
def device_of(agent: str | None) -> Device:
    """The device of one user agent; UNKNOWN where there is none, OTHER for televisions, consoles and what is like
    nothing else."""
    if not agent:
        return Device.UNKNOWN
    from ua_parser import parse  # its rules take a moment to load

    found = parse(agent)
    system = found.os.family if found.os else ""
    model = found.device.family if found.device else ""
    if model == "Spider" or (found.user_agent and found.user_agent.family in _PROGRAMS):
        return Device.BOT
    if system == "iOS":
        return Device.TABLET if model.startswith("iPad") else Device.PHONE
    if system == "Android":
        return _android(agent)
    if system in _PHONES:
        return Device.PHONE
    return Device.DESKTOP if system in _DESKTOPS and "TV" not in agent else Device.OTHER


def agents_in(table: ibis.Table) -> list[str | None]:
    """The user agents of ``table``, each once, None for records without; reads one column."""
    rows = table.select("user_agent").distinct().to_pyarrow()
    return list(rows["user_agent"].to_pylist())


def agents_of(device: Device, agents: Iterable[str | None]) -> Sequence[str | None]:
    """Those of ``agents`` that run on ``device``."""
    return [agent for agent in agents if device_of(agent) is device]


def _android(agent: str) -> Device:
    """Browsers on Android say "Mobile" on phones and leave it out on tablets; apps say nothing of the kind."""
    if "TV" in agent or "AFT" in agent:
        return Device.OTHER
    is_browser = agent.startswith("Mozilla/")
    return Device.TABLET if "Tablet" in agent or (is_browser and "Mobile" not in agent) else Device.PHONE


process_caches.register("user agents", device_of.cache_clear, lambda: device_of.cache_info().currsize)
