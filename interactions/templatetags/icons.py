"""The ``icon`` tag: an outline icon, inlined so that it has the colour of its text."""

from __future__ import annotations

import re
from functools import cache

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Every icon starts with an invisible square for its bounds.
_BOUNDS = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


@cache
def _drawing(name: str) -> SafeString:
    """The paths of the icon ``name``. Raises LookupError if there is no such icon."""
    path = settings.ICONS_DIR / f"{name}.svg"
    if not path.is_file():
        raise LookupError(f"There is no icon {name!r} in {settings.ICONS_DIR}.")
    inner, end, _ = path.read_text(encoding="utf-8").partition("<svg")[2].partition(">")[2].rpartition("</svg>")
    if not end:
        raise LookupError(f"The icon {name!r} is not an SVG drawing.")
    lines = map(str.strip, _BOUNDS.sub("", inner).splitlines())
    return mark_safe("".join(lines))  # noqa: S308 - files of a package we ship


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An ``<svg>`` of the icon, hidden from screen readers: the text next to it says what it means."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        css_class,
        _drawing(name),
    )
