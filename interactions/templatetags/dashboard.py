"""Template filters for numbers in the dashboard's panels."""

from __future__ import annotations

from enum import StrEnum

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from interactions.console.charts import FigureChange
from interactions.contract import currencies
from interactions.templatetags.presentation import number

register = template.Library()


class NumberKind(StrEnum):
    """The format of a column's numbers."""

    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    CHANGE = "change"


@register.filter
def cell(value_and_kind: tuple[float | FigureChange | None, NumberKind], currency: str = "") -> str | SafeString:
    """A number in its column's format, money in ``currency``; a dash for None."""
    value, kind = value_and_kind
    if isinstance(value, FigureChange):
        return change(value)
    if value is None:
        return "–"
    if kind is NumberKind.SHARE:
        return part(value)
    return money(value, currency) if kind is NumberKind.MONEY else number(value)


@register.filter
def part(fraction: float | None) -> str:
    """``0.301`` → ``30.1%``; ``< 0.1%`` for the smallest, never 100% for less than all."""
    if fraction is None:
        return "–"
    percent = 100 * fraction
    if 0 < percent < 0.1:
        return "< 0.1%"
    if 99.9 < percent < 100:
        return "99.9%"
    return f"{percent:.1f}%"


@register.filter
def money(value: float | None, currency: str = "") -> str:
    """``1234.5`` → ``$1,234.50`` in the environment's currency; from 10,000 on without the decimals."""
    return "–" if value is None else currencies.money(value, currency)


@register.filter
def length_class(figure: str) -> str:
    """The CSS class of a tile's number by its length, because a number that is cut off reads as another one."""
    return "is-longest" if len(figure) > 12 else "is-long" if len(figure) > 9 else ""


@register.filter
def change(value: FigureChange | None) -> str | SafeString:
    """``+12.4%`` or ``−12.4%``; "new" or the previous value if a percentage means nothing."""
    if value is None or not (value.now or value.before):
        return "–"
    tone = "is-up" if value.now > value.before else "is-down" if value.now < value.before else "is-same"
    if value.is_new:
        return format_html('<span class="change is-same">{}</span>', "new")
    if value.fraction is None:
        both = f"{_short(value.before)} → {_short(value.now)}"
        return format_html('<span class="change {}" title="{}">from {}</span>', tone, both, _short(value.before))
    words = f"{100 * value.fraction:+.1f}%".replace("-", "−") if value.fraction else "0.0%"
    return format_html('<span class="change {}">{}</span>', tone, words)


def _short(value: float) -> str:
    """Whole numbers without decimals, others with two."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
