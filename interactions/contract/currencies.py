"""ISO 4217 currencies and formatting amounts. An environment may have no currency: ""."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel.core import get_global
from babel.numbers import format_currency, get_currency_name, get_currency_precision, get_territory_currencies

_LOCALE: Final = "en_US"  # like numbers on the pages
_LONG: Final = 10_000  # amounts from here on have no decimals
_MILLIONTHS: Final = 6


@cache
def currencies() -> dict[str, str]:
    """The codes and names of all currencies in use: ``EUR``: ``Euro``."""
    places = get_global("territory_currencies")
    codes = {code for place in places for code in get_territory_currencies(place, tender=True)}
    return {code: get_currency_name(code, locale=_LOCALE) for code in sorted(codes)}


def money(value: float, currency: str = "") -> str:
    """``1234.5`` → ``€1,234.50``, without a sign if there is no currency; from 10,000 on without decimals."""
    is_short = abs(value) >= _LONG or value == int(value)
    if not currency:
        return f"{value:,.0f}" if is_short else f"{value:,.2f}"
    shape = "¤#,##0" if is_short else None
    return format_currency(value, currency, shape, locale=_LOCALE, currency_digits=not is_short)


def rounded(value: float, currency: str = "") -> float:
    """A sum rounded to the smallest unit of its currency, or to a millionth without one."""
    return round(value, get_currency_precision(currency) if currency else _MILLIONTHS)
