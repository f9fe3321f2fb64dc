"""Template filters for records, their types and their ids."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from interactions.console.charts import colour_of_type
from interactions.contract.moments import in_utc, local, written

register = template.Library()


@register.filter
def named_in(product: str, names: dict[str, str]) -> str:
    """The name of a product; empty without one."""
    return names.get(product, "")


@register.filter
def type_dot(name: str) -> SafeString:
    """A swatch in the type's colour."""
    return format_html(
        '<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect width="10" height="10" rx="2.5" fill="{}"/></svg>',
        colour_of_type(name),
    )


@register.filter
def pretty(record: dict[str, Any]) -> str:
    """A record as indented JSON."""
    return json.dumps(record, ensure_ascii=False, indent=2)


@register.filter
def cut(text: str, length: int) -> SafeString | str:
    """A long id shortened in the middle, with the full id in the title."""
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return format_html('<span class="cut" title="{}">{}…{}</span>', text, text[: length - 1 - half], text[-half:])


@register.filter
def time_of_day(value: datetime) -> SafeString:
    """A ``<time>`` of day in the environment's time zone, to the second; to the microsecond in the title."""
    here = local(value, timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        in_utc(value),
        written(here, "%b %-d, %Y, %H:%M:%S.%f %Z"),
        written(here, "%H:%M:%S"),
    )


@register.filter
def span(started: datetime, ended: datetime) -> SafeString:
    """``Tue, Jan 2, 2024, 14:02 – 14:31`` in the environment's time zone; with the day of the end if it differs."""
    zone = timezone.get_current_timezone()
    first, last = local(started, zone), local(ended, zone)
    same_day = first.date() == last.date()
    text = written(first, "%a, %b %-d, %Y, %H:%M")
    if not same_day:
        text += written(last, " – %a, %b %-d, %H:%M")
    elif (first.hour, first.minute) != (last.hour, last.minute):
        text += written(last, " – %H:%M")
    return format_html('<time datetime="{}">{}</time>', in_utc(started), text)
