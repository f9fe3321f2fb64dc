"""Common ways to write times: detecting them in a sample, and reading them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

_CLOCKS: Final = (
    "",
    *(
        between + clock
        for between in (" ", ", ", "T")
        for clock in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p")
    ),
    *("T%H%M%S", "%H%M%S", "%H%M", "%H"),
)
_OFFSETS: Final = ("", "%z", " %z", " %Z")
_CLOCK = r"(?:[ ,T]+\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?)?"
_OFFSET = r"(?:\s?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?"

ISO: Final = "iso"
DAY_FIRST: Final = "day first"
MONTH_FIRST: Final = "month first"
IN_WORDS: Final = "in words"
UNITS: Final = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
"""Microseconds per unit of times counted since 1970."""
NANOSECONDS: Final = "nanoseconds"
RANGES: Final = {
    "seconds": (1e8, 1e11), "milliseconds": (1e11, 1e14), "microseconds": (1e14, 1e17), NANOSECONDS: (1e17, 1e20)
}  # fmt: skip
"""The counts that are taken for each unit, from and up to: in the unit they're times from 1973 to 5138."""
COUNTED: Final = tuple(RANGES)
EXCEL: Final = "excel"
AT: Final = " @ "
"""What Kibana writes between date and time."""
EXCEL_DAYS: Final = 25_569
"""January 1, 1970 as a day number of Excel."""
ABBREVIATIONS: Final = {
    "CEST": "+02:00", "MESZ": "+02:00", "EEST": "+03:00", "WEST": "+01:00", "AEST": "+10:00", "AEDT": "+11:00",
    "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00",
    "PST": "-08:00", "PDT": "-07:00", "CET": "+01:00", "MEZ": "+01:00", "EET": "+02:00", "WET": "+00:00",
    "MSK": "+03:00", "JST": "+09:00", "KST": "+09:00", "UT": "+00:00",
}  # fmt: skip
"""UTC offsets by abbreviation of the zone: those of RFC 2822, and other unambiguous ones. IST and BST are ambiguous."""

FORMS: Final = {
    ISO: "Year first, such as 2026-04-03 10:00",
    DAY_FIRST: "Day first, such as 03/04/2026 for 3 April",
    MONTH_FIRST: "Month first, such as 04/03/2026 for 3 April",
    IN_WORDS: "Month as a word, such as 3 Apr 2026",
    "seconds": "Seconds since 1970",
    "milliseconds": "Milliseconds since 1970",
    "microseconds": "Microseconds since 1970",
    NANOSECONDS: "Nanoseconds since 1970",
    EXCEL: "Days since 1900, as Excel counts",
}
"""The forms and their labels on pages."""

_ABBREVIATED = re.compile(rf"(.*\d) ?({'|'.join(ABBREVIATIONS)})", re.DOTALL)
_DAYS = re.compile(r"\d{5}(?:[.,]\d+)?")
_FIRST_DAY, _LAST_DAY = 36_526, 54_788  # 2000 and 2049: other five-digit numbers aren't days
_COUNT = re.compile(r"-?\d{8,20}(?:\.\d+)?")
_DAY = r"\d{4}(?:-\d\d?-\d\d?|/\d\d?/\d\d?|\.\d\d?\.\d\d?|\d{4})"
_DIGITS = (  # of a day, and of its hour, minute and second
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d)?)?)?"
)
_WRITTEN_OUT = re.compile(_DIGITS)
_ISO = re.compile(rf"{_DAY}{_CLOCK}{_OFFSET}|\d{{8}}T\d{{4,6}}{_OFFSET}|{_DIGITS}")
_SLASHED = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})[-/.](?:\d{{4}}|\d\d){_CLOCK}{_OFFSET}")
_WORDS = re.compile(
    r"(?:[A-Z][a-z]{2,8},? )?(?:\d{1,2}[ -][A-Za-z]{3,9}[ ,-]+(?:\d{4}|\d\d)|[A-Za-z]{3,9} \d{1,2},? \d{4})"
    rf"{_CLOCK}{_OFFSET}"
)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?")
_HAS_OFFSET = re.compile(  # numbers after a date alone are its year
    r".*\d\s?(?:Z|z|UTC|GMT)|.*(?::\d\d(?:[.,]\d+)?(?:\s?[AaPp]\.?[Mm]\.?)?|T\d{4,6})\s?[+-]\d\d(?::?\d\d)?"
)
_OF_SCRIPTS = re.compile(r"(.*\d) GMT([+-]\d{4})(?: \([^()]*\))?", re.DOTALL)  # JavaScript's texts of dates


@dataclass(frozen=True, slots=True)
class Seen:
    """How the times of a sample are written.

    ``forms`` are the possible forms, likeliest first; empty if they aren't times. ``has_zone``: each time has an offset
    from UTC or counts from 1970.
    """

    forms: tuple[str, ...]
    has_zone: bool


_NONE = Seen((), False)


def seen(texts: Sequence[str], share: float = 0.5) -> Seen:
    """Detect the form of a column's non-empty cells, if at least ``share`` of them are times of one form."""
    texts = [with_offset(text.strip()) for text in texts]
    counts = _counts(texts, share)
    if counts is not None:
        return Seen((counts,), True)
    if _are_days(texts, share):
        return Seen((EXCEL,), has_zone=False)
    has_zone = all(_HAS_OFFSET.fullmatch(text) for text in texts if any(map(str.isdecimal, text)))
    for forms, pattern in (((ISO,), _ISO), ((IN_WORDS,), _WORDS)):
        if sum(pattern.fullmatch(text) is not None for text in texts) >= share * max(1, len(texts)):
            return Seen(forms, has_zone)
    slashed = [found for text in texts if (found := _SLASHED.fullmatch(text)) and text[found.end(3)] == found[2]]
    return Seen(_order(slashed), has_zone) if len(slashed) >= share * max(1, len(texts)) else _NONE


def _counts(texts: list[str], share: float) -> str | None:
    numbers = [abs(float(text)) for text in texts if _COUNT.fullmatch(text)]
    if len(numbers) < share * max(1, len(texts)):
        return None
    middle = sorted(numbers)[len(numbers) // 2]
    for form, (least, most) in RANGES.items():
        if least <= middle < most and not _is_day(texts):
            return form
    return None


def with_offset(text: str) -> str:
    """A time with an offset in place of what else names its zone, and without the sign that Kibana writes into it."""
    text = text.replace(AT, " ", 1)
    if found := _OF_SCRIPTS.fullmatch(text):
        return found[1] + found[2]
    found = _ABBREVIATED.fullmatch(text)
    return found[1] + ABBREVIATIONS[found[2]] if found else text


def _are_days(texts: list[str], share: float) -> bool:
    """Whether numbers are Excel's day numbers."""
    days = sorted(float(text.replace(",", ".")) for text in texts if _DAYS.fullmatch(text))
    return len(days) >= share * max(1, len(texts)) and bool(days) and _FIRST_DAY <= days[len(days) // 2] <= _LAST_DAY


def _is_day(texts: list[str]) -> bool:
    """Whether numbers are days such as 20260403, or times such as 20260403100500."""
    return all(map(_WRITTEN_OUT.fullmatch, texts))


def _order(found: list[re.Match[str]]) -> tuple[str, ...]:
    """The forms with day or month first; both if no number decides. With points, the day comes first."""
    if any(int(each[1]) > 12 for each in found):
        return (DAY_FIRST,)
    if any(int(each[3]) > 12 for each in found):
        return (MONTH_FIRST,)
    return (DAY_FIRST,) if all(each[2] == "." for each in found) else (DAY_FIRST, MONTH_FIRST)


def is_plain(text: str) -> bool:
    """Whether a time is written as databases do and needs no format."""
    return _PLAIN.fullmatch(text) is not None


def formats(form: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The formats of ``strptime`` for a form, most frequent ones first.

    Trying a format costs as much as reading ten times, so formats of dates that aren't in the sample are left out.
    """
    offsets = _OFFSETS if any(_HAS_OFFSET.fullmatch(text) for text in texts) else ("",)
    counted = Counter({
        (date, clock, offset): sum(map(bool, map(_written(date + clock + offset).fullmatch, texts)))
        for date in _DATES[form]
        for clock in _CLOCKS
        for offset in offsets
    })  # fmt: skip
    dates = {date for (date, _, _), count in counted.items() if count} or set(_DATES[form][:2])
    return tuple("".join(each) for each, _ in counted.most_common() if each[0] in dates)


_DATES: Final[dict[str, tuple[str, ...]]] = {
    ISO: ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    DAY_FIRST: tuple(f"%d{mark}%m{mark}{year}" for mark in "/.-" for year in ("%Y", "%y")),
    MONTH_FIRST: tuple(f"%m{mark}%d{mark}{year}" for mark in "/.-" for year in ("%Y", "%y")),
    IN_WORDS: tuple(
        day + date
        for date in (
            *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y"),
            *("%d-%b-%y", "%d %b %y"),
        )
        for day in ("", "%a, ", "%a ")
    ),
}
_DIRECTIVES: Final = {
    "%Y": r"\d{4}", "%y": r"\d\d", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%H": r"\d{1,2}", "%I": r"\d{1,2}",
    "%M": r"\d\d", "%S": r"\d\d", "%f": r"\d{1,6}", "%p": r"[AaPp][Mm]", "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]+",
    "%a": "[A-Za-z]{3}", "%z": r"[+-]\d\d:?\d\d", "%Z": "[A-Z]{3}",
}  # fmt: skip


@cache
def _written(form: str) -> re.Pattern[str]:
    """A pattern for the texts that a format of ``strptime`` reads."""
    return re.compile("".join(_DIRECTIVES.get(part) or re.escape(part) for part in re.split(r"(%[A-Za-z])", form)))
