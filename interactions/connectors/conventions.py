"""Conventions shared by all sources: ids, times, URLs, and how an event becomes records of its types.

A missing value stays absent; nothing is guessed. A value of the wrong type is passed on unchanged, so that the codec
rejects it with a sentence instead of it being dropped silently.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from interactions.connectors.source import Json, Options, Skipped, Types
from interactions.contract import schema

UNNAMED = "(no name)"
NO_TYPE = "It has no interaction type."
ON_PURPOSE = "It is mapped to no type."

_LONGEST_NAME = 200  # characters; longer event names are cut
_SAFE_DIGITS = 18  # integers with so many digits fit into 64 bits
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = re.compile(rf"({_BYTE}\.{_BYTE}\.{_BYTE})\.{_BYTE}\Z", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)\Z", re.ASCII)
_WITH_PRODUCTS = schema.FIELDS["product_ids"].types
_WITH_QUANTITIES = schema.FIELDS["quantities"].types
_NOTHING = frozenset({"(direct)", "(none)", "(not set)", "(not provided)"})  # what tools write instead of nothing

#: What other tools call the fields of a campaign, after a prefix such as ``utm_``.
CAMPAIGN = {"campaign": "name"} | {key: key for key in schema.CAMPAIGN_FIELDS if key != "name"}
_UTM = {f"utm_{key}": name for key, name in CAMPAIGN.items()}


#: A product named by an event: its id, its group's id, and the quantity; None for what is missing.
Product: TypeAlias = tuple[Any, Any, Any]


class Said(Protocol):
    """The contents of an event. Each method is called only for types that have such a field."""

    def products(self) -> list[Product]: ...
    def keywords(self) -> Any: ...
    def category(self) -> list[Any]: ...
    def revenue(self) -> Any: ...
    def refund(self) -> Any: ...
    def rating(self) -> Any: ...


def thing(value: Any) -> Json:
    """``value`` if it's an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def things(value: Any) -> list[Json]:
    """The objects in a list; empty if it isn't a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A non-empty string; None for anything else."""
    return value if isinstance(value, str) and value else None


def id_text(value: Any) -> Any:
    """An id as a string. Integers are converted; None if it's absent or empty; other values are returned unchanged."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 1 << 64 else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return str(int(value))
    return value


def identity(value: Any) -> str:
    """An id as text, for a record's uuid; empty if there is none."""
    found = id_text(value)
    return found if isinstance(found, str) else ""


def number(value: Any) -> Any:
    """A number, parsed if it's a string. None if it's absent; other values are returned unchanged."""
    if not isinstance(value, str):
        return value
    if len(value) < _SAFE_DIGITS and value.isascii() and value.isdecimal():
        return int(value)
    return float(value) if _NUMBER.match(value) else value or None


def name_text(value: Any) -> str:
    """The name of an event, cut to _LONGEST_NAME characters."""
    return value[:_LONGEST_NAME] if isinstance(value, str) and value else UNNAMED


def moment(value: Any, unit: timedelta, zone: tzinfo | None = None) -> Any:
    """A number of ``unit`` since 1970 as RFC 3339. It counts local time in ``zone`` if given, else UTC.

    If it isn't a number or is out of range, it's returned unchanged.
    """
    count = number(value)
    if type(count) not in (int, float):
        return value
    try:
        if zone is None:
            return (_EPOCH + count * unit).isoformat()
        return (_EPOCH + count * unit).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        return value


def in_utc(value: Any) -> Any:
    """Append ``Z`` to a UTC time that a source writes without an offset. Other values are returned unchanged."""
    found = _NO_ZONE.match(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2]}Z" if found else value


def truncated_ip(value: Any) -> str | None:
    """The /24 of an IPv4 address; None for anything else, including IPv6."""
    found = _IPV4.match(value) if isinstance(value, str) else None
    return f"{found[1]}.0" if found else None


def is_home(url: Any) -> bool:
    """Whether a URL is a site's home page."""
    if not isinstance(url, str) or not url:
        return False
    try:
        return urlsplit(url).path in ("", "/") and (url[:1] != "?")
    except ValueError:
        return False


def campaign_in(url: Any) -> Json:
    """The campaign in the ``utm_…`` parameters of a URL."""
    return _campaign_in(url) if isinstance(url, str) and "utm_" in url else {}


@lru_cache(maxsize=1024)  # visitors from a campaign mostly have the same URL
def _campaign_in(url: str) -> Json:
    try:
        return utm(dict(parse_qsl(urlsplit(url).query)))
    except ValueError:
        return {}


def utm(said: Mapping[str, Any]) -> Json:
    """The campaign in keys called ``utm_…``."""
    return campaign(said, _UTM)


def campaign(found: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    """The campaign in ``found``; ``names`` maps its keys to the contract's fields."""
    made: Json = {}
    if not found:
        return made
    for key, name in names.items():
        value = found.get(key)
        if value and isinstance(value, str) and value not in _NOTHING:
            made[name] = value
    return made


def meant(value: Any) -> Any:
    """``value``, or None if it's one of the words that tools write instead of nothing."""
    return None if isinstance(value, str) and value in _NOTHING else value


def context(
    uuid: str,
    source: str,
    *,
    campaign: Json | None = None,
    ip: Any = None,
    locale: Any = None,
    region: Any = None,
    url: Any = None,
    referrer: Any = None,
    title: Any = None,
    user_agent: Any = None,
) -> Json:
    """Build the context of a record from what is present. A page needs a URL."""
    made: Json = (
        {"custom_context": {"uuid": uuid, "source": source}} if uuid else {"custom_context": {"source": source}}
    )
    if campaign:
        made["campaign"] = campaign
    if ip and (address := truncated_ip(ip)):
        made["truncated_ip"] = address
    if locale and isinstance(locale, str):
        made["locale"] = locale
    if region and isinstance(region, str):
        made["region"] = region
    if url and isinstance(url, str):
        made["page"] = page = {"url": url}
        if referrer and isinstance(referrer, str):
            page["referrer"] = referrer
        if title and isinstance(title, str):
            page["title"] = title
    if user_agent and isinstance(user_agent, str):
        made["user_agent"] = user_agent
    return made


def types_of(name: str, defaults: Types, options: Options) -> tuple[str, ...] | Skipped:
    """The interaction types of an event name: from the options, else the source's defaults."""
    if options.types and name in options.types:
        chosen = options.types[name]
        return (chosen,) if chosen else Skipped(name, ON_PURPOSE)
    return defaults.get(name) or Skipped(name, NO_TYPE)


def records(types: tuple[str, ...], name: str, head: Json, about: Json, said: Said) -> list[Json]:
    """Make a record of each type. ``head`` has the ids and the timestamp, ``about`` is the context.

    A list of products becomes a view of its category if it has one, and an impression of its products if it has any.
    """
    if len(types) == 1:
        return [_record(types[0], name, head, about, said)]
    made = [_record(kind, name, head, about, said) for kind in types]
    shown = [each for each in made if "category" in each or "product_ids" in each] or made[:1]
    return [_further(each, about, place) for place, each in enumerate(shown)]


def _further(record: Json, about: Json, place: int) -> Json:
    uuid = about["custom_context"].get("uuid")
    if place and uuid:
        record["context"] = {**about, "custom_context": {**about["custom_context"], "uuid": f"{uuid}:{place}"}}
    return record


def _record(kind: str, name: str, head: Json, about: Json, said: Said) -> Json:
    record = {"type": kind, **head, "context": about}
    if kind in _WITH_PRODUCTS:
        _add_products(record, kind, said.products())
    if kind == "search":
        keywords = said.keywords()
        record["search"] = {} if keywords is None else {"keywords": keywords}
    elif kind == "category_page_view":
        if category := said.category():
            record["category"] = category
    elif kind == "checkout":
        _add(record, "revenue", said.revenue())
    elif kind == "refund":
        amount = said.refund()
        if amount is not None:
            custom = {**about["custom_context"], "refund_amount": amount}
            record["context"] = {**about, "custom_context": custom}
    elif kind == "rate":
        _add(record, "rating", said.rating())
    elif kind == "custom":
        record["custom_action_name"] = name
    return record


def _add(record: Json, key: str, value: Any) -> None:
    if value is not None:
        record[key] = value


def _add_products(record: Json, kind: str, products: list[Product]) -> None:
    ids = [each[0] for each in products if each[0] is not None]
    if ids:
        record["product_ids"] = ids
        if kind in _WITH_QUANTITIES:
            quantities = [each[2] for each in products if each[0] is not None]
            if None not in quantities:  # one quantity for each id, or none at all
                record["quantities"] = quantities
    groups = [each[1] for each in products if each[1] is not None]
    if groups:
        record["product_group_ids"] = groups


def who(user: Any, visitor: Any, timestamp: Any) -> Json:
    """The ids and the timestamp of a record, without absent ones."""
    head: Json = {}
    if user is not None and (named := id_text(user)) is not None:
        head["user_id"] = named
    if visitor is not None and (named := id_text(visitor)) is not None:
        head["anonymous_id"] = named
    if timestamp is not None:
        head["timestamp"] = timestamp
    return head


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a header, ignoring the case of its name; empty if there is none."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def signed_in_base64(headers: Mapping[str, str], name: str, body: bytes, secret: str) -> bool:
    """Whether the header is the base64 HMAC-SHA256 of the body."""
    expected = b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
    return bool(secret) and hmac.compare_digest(expected, header(headers, name).strip().encode())


def signed_in_hex(given: str, bodies: Iterable[bytes], secret: str) -> bool:
    """Whether ``given`` is the hex HMAC-SHA1 of one of the bodies."""
    found = given.strip().lower().encode()
    return bool(secret) and any(
        hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha1).hexdigest().encode(), found)
        for body in bodies
    )


def share(documents: Iterable[Any], fits: Callable[[Json], bool]) -> float:
    """The share of documents that fit, from 0 to 1."""
    verdicts = [isinstance(each, dict) and fits(each) for each in documents]
    return sum(verdicts) / len(verdicts) if verdicts else 0.0
