"""Records as Hypothesis writes their text: with every form that is rare, doubtful or wrong, valid JSON all of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from interactions.contract import schema
from interactions.contract.schema import Form

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "/": "\\/"}
_TEXTS = ["", "a", "ann", " ", "\x00", "\x7f", "\u2028", "\ufeff", "ß", "中", "😀", "\U0010ffff", '"', "\\", "x" * 512]
_TEXTS += [
    "x" * 513,
    "😀" * 512,
    "😀" * 513,
    "😀" * 1024,
    "a" * 1025,
    '},{"type":"like"',
    "null",
    '":',
    "0",
    "-1",
    "\ufffe",
]
texts = st.sampled_from(_TEXTS) | st.text(max_size=6)
keys = st.sampled_from(["a", "uuid", "type", "user_id", "url", "é", " ", "", "k\n", "data"]) | st.text(max_size=3)


def _unit(number: int) -> str:
    return f"\\u{number:04x}"


def _escaped(letter: str) -> str:
    code = ord(letter)
    if code < 0x10000:
        return _unit(code)
    return _unit(0xD800 + ((code - 0x10000) >> 10)) + _unit(0xDC00 + ((code - 0x10000) & 0x3FF)).upper().replace(
        "U", "u"
    )


@st.composite
def spelled(draw: st.DrawFn, text: st.SearchStrategy[str]) -> str:
    """A JSON string: plain, or with escapes where none are needed."""
    said = draw(text)
    way = draw(st.integers(0, 5))
    if way == 0 and len(said) < 30:
        return '"' + "".join(_escaped(letter) if draw(st.booleans()) else _plain(letter) for letter in said) + '"'
    return '"' + "".join(map(_plain, said)) + '"'


def _plain(letter: str) -> str:
    if letter in '"\\':
        return _SHORT[letter]
    return _SHORT.get(letter) or _unit(ord(letter)) if ord(letter) < 0x20 else letter


strings = spelled(texts)
_years = st.sampled_from(["2024", "2024", "2024", "1970", "1969", "0001", "0000", "0024", "0999", "9998", "9999", "24"])
_dates = st.sampled_from(["03-01", "02-29", "12-31", "01-01", "02-30", "00-10", "13-01", "1-1", "06-30"])
_clocks = st.sampled_from(
    ["09:41:07", "23:59:59", "00:00:00", "23:59:60", "12:59:60", "24:00:00", "09:60:00", "09:41", "22:59:60"]
)
_fractions = st.sampled_from(["", "", ".", ",5", ".5", ".999999"]) | st.text("0123456789", min_size=1, max_size=12).map(
    lambda digits: f".{digits}"
)
_OFFSETS = ["z", "", "", "+00:00", "-00:00", "+05:30", "-0800", "+0130", "+01", "+24:00", "+23:59", "-23:59"]
_OFFSETS += ["+01:60", " Z", "UTC", "-01:00", "+1:00", "+010:0", "Zz"]
_offsets = st.sampled_from([*["Z"] * 3, *_OFFSETS])
_separators = st.sampled_from(["T", "T", "T", "T", "t", " ", "  ", "_", ""])
timestamps = st.builds(
    lambda year, date, separator, clock, fraction, offset: f"{year}-{date}{separator}{clock}{fraction}{offset}",
    *(_years, _dates, _separators, _clocks, _fractions, _offsets),
)
usual_timestamps = st.builds(
    lambda date, clock, digits, offset: f"2024-{date}T{clock}{digits}{offset}",
    st.sampled_from(["03-01", "02-29", "12-31"]),
    st.sampled_from(["09:41:07", "23:59:59", "00:00:00", "23:59:60"]),
    st.sampled_from(["", ".5", ".123", ".9999999", ".123456789", ".9999999999"]),
    st.sampled_from(["Z", "+05:30", "-0800", "z", ""]),
)
_NUMBERS = ["0", "-0", "-0.0", "1", "-1", "1.5", "10.0", "1e2", "1E+2", "1e-2", "1e15", "1000000000000000"]
_NUMBERS += [
    "1000000000000001",
    "1000000000000000.5",
    "999999999999999.9",
    "-1e15",
    "-1e16",
    "1e308",
    "1E400",
    "-1e400",
]
_NUMBERS += [
    "1e-400",
    "5e-324",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
]
_NUMBERS += [
    "-9223372036854775809",
    "123456789012345678901234567890",
    "9" * 308,
    "9" * 400,
    "0.1",
    "0.30000000000000004",
]
numbers = (
    st.sampled_from(_NUMBERS) | st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers().map(str)
)
_scalars = numbers | strings | st.sampled_from(["null", "true", "false"])
blanks = st.sampled_from(["", "", "", "", " ", "  ", "\t", "\r"])


@st.composite
def lists(draw: st.DrawFn, items: st.SearchStrategy[str], most: int = 3) -> str:
    gap = draw(blanks)
    return f"[{gap}" + f"{gap},{gap}".join(draw(st.lists(items, max_size=most))) + f"{gap}]"


@st.composite
def objects(draw: st.DrawFn, names: st.SearchStrategy[str], values: Any, most: int = 4) -> str:
    """An object with keys of ``names``, some given twice; ``values``: a strategy, or what gives one for a key."""
    before, after = draw(blanks), draw(blanks)
    fields = []
    for name in draw(st.lists(names, max_size=most, unique=draw(st.integers(0, 3)) > 0)):
        value = draw(values(name) if callable(values) else values)
        key = _written(name, escape=draw(st.integers(0, 9)) == 0)
        fields.append(f"{before}{key}{after}:{before}{value}{after}")
    return "{" + ",".join(fields) + "}"


def _written(name: str, *, escape: bool) -> str:
    first = _escaped(name[0]) if escape and name else "".join(map(_plain, name[:1]))
    return '"' + first + "".join(map(_plain, name[1:])) + '"'


anything = st.recursive(_scalars, lambda inner: lists(inner) | objects(keys, inner, 3), max_leaves=5)
_custom = objects(keys, _scalars | lists(numbers) | lists(strings) | lists(objects(keys, _scalars, 2)) | anything)
_named = st.sampled_from([*schema.CAMPAIGN_FIELDS, "x"])
_pages = objects(st.sampled_from(["url", "url", "url", *schema.PAGE_FIELDS, "y"]), strings | anything)
_campaigns = objects(_named, strings | anything)
_searches = objects(
    st.sampled_from([*schema.SEARCH_FIELDS, "z"]),
    lambda name: objects(keys, lists(strings)) | anything if name == "filters" else strings | anything,
)
_contexts = objects(
    st.sampled_from([*schema.CONTEXT_FIELDS, "custom_context", "page", "more", "é"]),
    lambda name: (
        {"custom_context": _custom, "page": _pages, "campaign": _campaigns}.get(name, strings | anything)
        | st.just("null")
    ),
)
_addresses = st.sampled_from(["", "10.0.255.0", "1.2.3.256", "01.2.3.4", "1.2.3"])
_uuids = st.sampled_from(["123E4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "x"])


def _values(name: str) -> st.SearchStrategy[str]:
    field = schema.FIELDS.get(name)
    if field is None:
        return st.just("null") | anything
    of_form: dict[Form, st.SearchStrategy[str]] = {
        Form.STRING: strings,
        Form.STRINGS: lists(strings),
        Form.NUMBER: numbers,
        Form.NUMBER_OR_NUMBERS: numbers | lists(numbers),
        Form.TIMESTAMP: spelled(usual_timestamps) | spelled(timestamps),
        Form.UUID: spelled(_uuids),
        Form.IPV4: spelled(_addresses),
        Form.OBJECT: _contexts if name == "context" else _searches,
    }
    usual = of_form[field.form]
    return st.one_of(usual, usual, usual, usual, st.just("null"), anything)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """The text of one record, on one line; good or bad."""
    kind = draw(st.sampled_from([*schema.TYPES, *schema.TYPES, "clik"]))
    fields = [name for name, field in schema.FIELDS.items() if kind in field.types and name != "type"]
    names = st.sampled_from(
        [*(fields or schema.FIELDS), *fields, "timestamp", "user_id", "anonymous_id", "foo", "rating"]
    )
    body = draw(objects(names, _values, 5))
    parts = [f'"type":"{kind}"', *(['"custom_action_name":"x"'] if kind == "custom" else []), body[1:-1]]
    order = draw(st.permutations(parts))
    return ("{" + ",".join(part for part in order if part) + "}").encode()


usual = st.sampled_from(
    [
        b'{"type":"like","timestamp":"2024-03-01T09:41:07.123Z","user_id":"ann","product_ids":["a"]}',
        b'{"type":"checkout","revenue":19.99,"quantities":[1,2],"context":{"page":{"url":"/"},"custom_context":{"uuid":"u"}}}',
        b'{"type":"search","search":{"keywords":"x","filters":{"a":["b"]}},"anonymous_id":"b"}',
        b'{"type":"like","user_id":"","context":{"more":{"n":1}}}',
    ]
)
"""What sites send: neighbours that the fast readers take."""
