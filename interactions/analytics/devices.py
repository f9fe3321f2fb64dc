"""Classify user agents by device, with the rules of the uap-core project (package ua-parser)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Final

from interactions import process_caches


class Device(StrEnum):
    """The kind of device that a user agent runs on."""

    DESKTOP = "desktop"
    PHONE = "phone"
    TABLET = "tablet"
    BOT = "bot"
    OTHER = "other"
    UNKNOWN = "unknown"


# ua-parser's names of operating systems, and of clients without a person behind them.
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
_MODULE: Final = Path(__file__).read_bytes()
RULES: Final = blake2b(_MODULE, digest_size=8, key=version("ua-parser-builtins").encode()).hexdigest()
"""Stands for the rules used by device_of: ua-parser's and those of this module."""
_KNOWN: Final = 100_000  # cached user agents


@lru_cache(_KNOWN)
def device_of(agent: str | None) -> Device:
    """The device of a user agent; UNKNOWN if it's empty, OTHER for televisions, consoles and anything else."""
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


def agents_of(device: Device, agents: Iterable[str | None]) -> Sequence[str | None]:
    """Those of ``agents`` that run on ``device``."""
    return [agent for agent in agents if device_of(agent) is device]


def _android(agent: str) -> Device:
    """Tell Android devices apart: browsers say "Mobile" on phones but not on tablets; apps don't say either."""
    if "TV" in agent or "AFT" in agent:
        return Device.OTHER
    is_browser = agent.startswith("Mozilla/")
    return Device.TABLET if "Tablet" in agent or (is_browser and "Mobile" not in agent) else Device.PHONE


process_caches.register("user agents", device_of.cache_clear, lambda: device_of.cache_info().currsize)
