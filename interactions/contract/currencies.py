"""Currencies as ISO 4217 names them, and money written in one; the currency of an environment may be none: ""."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel.core import get_global
from babel.numbers import format_currency, get_currency_name, get_currency_precision, get_territory_currencies

_LOCALE: Final = "en_US"  # as the pages write numbers
_LONG: Final = 10_000  # from here on without decimals
_MILLIONTHS: Final = 6


@cache
def currencies() -> dict[str, str]:
    """The codes of all currencies in use, each with its name: ``EUR``: ``Euro``."""
    places = get_global("territory_currencies")
    codes = {code for place in places for code in get_territory_currencies(place, tender=True)}
    return {code: get_currency_name(code, locale=_LOCALE) for code in sorted(codes)}


def money(value: float, currency: str = "") -> str:
    """``1234.5`` → ``€1,234.50``, without a sign where no currency is set; from 10,000 on without the decimals."""
    is_short = abs(value) >= _LONG or value == int(value)
    if not currency:
        return f"{value:,.0f}" if is_short else f"{value:,.2f}"
    shape = "¤#,##0" if is_short else None
    return format_currency(value, currency, shape, locale=_LOCALE, currency_digits=not is_short)


def rounded(value: float, currency: str = "") -> float:
    """A sum to the smallest unit of its currency; to a millionth where that isn't known."""
    return round(value, get_currency_precision(currency) if currency else _MILLIONTHS)
