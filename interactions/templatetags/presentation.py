"""Template filters for numbers, sizes, durations and times, and the tag for links between pages of a list."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from interactions.connectors import SOURCES, columnar
from interactions.contract.moments import in_utc, local, written
from interactions.models import ApiKey, Import

register = template.Library()

_BREAK = SafeString("<wbr>")
_SEAM = re.compile(r"(?<=[_/.?&=])(?=\w)")

_SIZES = ("kB", "MB", "GB", "TB", "PB")
# (limit in seconds, unit, its seconds, smaller unit for the rest, its seconds)
_SPANS = ((3600, "min", 60, "s", 1), (86400, "h", 3600, "min", 60), (None, "d", 86400, "h", 3600))
_FORMATS = {
    "lines": "JSON Lines",
    "array": "JSON, a list",
    "object": 'JSON, {"data": […]}',
    "objects": "JSON, one record after another",
    "lists": "JSON, one list after another",
    "bodies": 'JSON, one {"data": […]} after another',
    "mix": "JSON, a mix of records, lists and API bodies",
}
_TONES = {
    Import.State.UPLOADING: "blue",
    Import.State.CHECKING: "blue",
    Import.State.LOADING: "blue",
    Import.State.DONE: "green",
    Import.State.DONE_WITH_REJECTS: "amber",
    Import.State.FAILED: "red",
    Import.State.CANCELLED: "grey",
    Import.State.UNDONE: "grey",
}


@register.filter
def breakable(text: str) -> SafeString:
    """A name that narrow columns break after its underscores, dots and slashes, rather than between any letters."""
    return format_html_join(_BREAK, "{}", ((piece,) for piece in _SEAM.split(text)))


@register.filter
def number(value: float | None) -> str:
    """``1002032`` → ``1,002,032``; a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


@register.filter
def counted(value: int, noun: str) -> str:
    """``1`` → ``1 record``, ``2000`` → ``2,000 records``; ``noun`` is the singular."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


@register.filter
def counted_people(value: int) -> str:
    """``1 person``, ``2,000 people``."""
    return f"{value:,} {'person' if value == 1 else 'people'}"


@register.filter
def size(value: int | None) -> str:
    """Bytes in a readable unit, with up to three digits: ``412 MB``, ``3.2 GB``; units of 1000."""
    if value is None:
        return "–"
    if value < 1000:
        return counted(value, "byte")
    amount = float(value)
    for unit in _SIZES:
        amount /= 1000
        if amount < 999.5 or unit == _SIZES[-1]:
            break
    return f"{amount:.1f} {unit}" if amount < 99.95 and unit != "kB" else f"{amount:,.0f} {unit}"


@register.filter
def duration(value: float | timedelta | None) -> str:
    """Seconds, or a timedelta, as ``0.4 s``, ``7 s``, ``2 min 5 s``, ``1 h 4 min``, ``3 d 2 h``."""
    if value is None:
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for limit, unit, length, smaller, part in _SPANS:
        if limit is None or whole < limit:
            rest = whole % length // part
            return f"{whole // length:,} {unit}" + (f" {rest} {smaller}" if rest else "")
    raise AssertionError("the last span has no limit")


@register.filter
def time_left(value: float | None) -> str:
    """The estimated time left, in whole seconds."""
    return "–" if value is None else duration(max(1.0, float(round(value))))


@register.filter
def rate(value: float | None) -> str:
    """Records per second, to three significant digits: ``214,000 /s``."""
    if value is None:
        return "–"
    step = 10 ** max(0, len(str(int(value))) - 3)
    return f"{round(value / step) * step:,.0f} /s"


@register.filter
def percent(fraction: float) -> str:
    """``0.683`` → ``68%``. Rounded down, so that 100% means that all is done."""
    return f"{int(max(0.0, min(1.0, fraction)) * 100)}%"


@register.filter
def share(count: int, total: int) -> str:
    """The share of ``count`` in ``total``: ``30.1%``; ``< 0.1%`` for the smallest."""
    if not total or not count:
        return "0%"
    part = 100 * count / total
    return "< 0.1%" if part < 0.1 else f"{part:.1f}%"


@register.filter
def ago(value: datetime | None) -> str:
    """How long ago, in one unit: ``just now``, ``2 min ago``, ``3 h ago``, ``5 d ago``."""
    if value is None:
        return "–"
    seconds = int((timezone.now() - value).total_seconds())
    if seconds < 5:
        return "just now"
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= length:
            return f"{seconds // length:,} {unit} ago"
    return "just now"


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A ``<time>`` in the environment's time zone, to the minute, with seconds and zone in the title."""
    if value is None:
        return "–"
    here = local(value, timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        written(local(value, UTC), "%Y-%m-%dT%H:%M:%SZ"),
        written(here, "%b %-d, %Y, %H:%M:%S %Z"),
        written(here, "%b %-d, %Y, %H:%M"),
    )


@register.filter
def second(value: datetime) -> SafeString:
    """A ``<time>`` in the environment's time zone, to the second."""
    here = local(value, timezone.get_current_timezone())
    at = in_utc(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', at, at, written(here, "%b %-d, %Y, %H:%M:%S"))


@register.filter
def clock(value: datetime) -> SafeString:
    """A recent ``<time>`` in the environment's time zone, to the second; with the day if it isn't today."""
    here = local(value, timezone.get_current_timezone())
    form = "%H:%M:%S" if here.date() == timezone.localdate() else "%b %-d, %H:%M:%S"
    return format_html('<time datetime="{}">{}</time>', in_utc(value, "milliseconds"), written(here, form))


@register.filter
def clock_minute(value: datetime) -> str:
    """A recent time in the environment's time zone, to the minute; with the day if it isn't today."""
    here = local(value, timezone.get_current_timezone())
    return written(here, "%H:%M" if here.date() == timezone.localdate() else "%b %-d, %H:%M")


@register.filter
def status_tone(status: int) -> str:
    """The colour of an HTTP status: green for accepted, amber for 429, red for refused or failed."""
    return "green" if status < 400 else "amber" if status == 429 else "red"


@register.filter
def key_state(key: ApiKey) -> tuple[str, str]:
    """The state of an API key in words, and its colour."""
    if key.is_expired:
        return "Expired", "grey"
    if not key.is_live:
        return ("Rotated" if key.successor_id else "Revoked"), "grey"
    if key.ends_at is not None:
        return f"Ends in {duration(min(key.ends_at, key.expires_at or key.ends_at) - timezone.now())}", "amber"
    if key.expires_at is not None and key.expires_soon:
        return f"Expires in {duration(key.expires_at - timezone.now())}", "amber"
    return "Active", "green"


@register.filter
def initials(user: AbstractBaseUser) -> str:
    """The initials of a user's full name, or the first two letters of the user name."""
    words = (getattr(user, "get_full_name", str)() or user.get_username()).split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:2]
    return letters.upper()


@register.filter
def source_title(name: str) -> str:
    """The title of a source of events: ``ga4`` is Google Analytics 4."""
    source = SOURCES.get(name)
    return source.TITLE if source else name


@register.filter
def file_form(subject: object) -> str:
    """The format and packing of an object with ``format`` and ``compression``: ``JSON Lines, gzip, tar``."""
    kind, packing = getattr(subject, "format", ""), getattr(subject, "compression", "")
    if packing == columnar.LAYER:
        return packing
    form = _FORMATS.get(kind, kind)  # tables have the names of their formats
    return ", ".join(part for part in (form, packing) if part)


@register.filter
def as_written(value: str, path: str) -> str:
    """The value of a problem as JSON: ``"12"`` for a string, ``12`` for a number; pieces of records unchanged."""
    if not path or value[:1] in ('"', "{", "["):
        return value
    try:
        json.loads(value)
    except ValueError:
        return f'"{value}"'
    return value


@register.filter
def state_tone(state: str) -> str:
    """The colour of an import's state: blue, green, amber, red or grey."""
    return _TONES[Import.State(state)]


@register.simple_tag(takes_context=True)
def page_query(context: dict[str, Any], number: int, name: str = "") -> str:
    """The current query string with another page number, in the parameter ``name``."""
    query = context["request"].GET.copy()
    query[name or "page"] = str(number)
    return f"?{query.urlencode()}"
