"""Data sets, filters, zones and hidden people of chance: small, and full of the edges that figures can fall over.

Everything is drawn from a small world, so that records meet: the same devices, moments, products and texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import strategies as st

from interactions import identity
from interactions.analytics.conditions import CUSTOM, Condition, can_contain
from interactions.analytics.devices import Device
from interactions.analytics.filters import Filter
from interactions.analytics.periods import ALL, Period, Unit, allowed_units
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.moments import EARLIEST, LATEST
from interactions.contract.schema import FIELDS, FOR_GOOD, TYPES, Group
from interactions.contract.tombstones import Tombstones

from ..lakes import Record, as_row

ONE, TWO = "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174001"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.6 Mobile/15E148 Safari/604.1"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
QUIET: Final = timedelta(minutes=30)
_US: Final = timedelta(microseconds=1)

# Visitors that stay unknown, that become known, that are shared by two users; placeholders; the same word for both.
IDS: Final = (
    *((None, None), (None, "a0"), (None, "a0"), ("u0", "a0"), ("u0", None), (None, "a1"), ("u1", "a1"), ("u2", "a1")),
    *(
        (None, "a2"),
        ("u1", None),
        ("u0", "a3"),
        (None, "a3"),
        ("null", None),
        ("u2", "0"),
        (None, "same"),
        ("same", "a4"),
    ),
)
USUAL: Final = (
    *("product_detail_page_view", "search", "impression", "click", "add_to_cart", "checkout", "subscribe"),
    *("read", "category_page_view", "refund"),
)
VALUES: Final[dict[str, Sequence[Any]]] = {
    "product_ids": (None, [], ["p1"], ["p1", "p1"], ["p2", "p1"], ["p1", "p2", "p1"], ["null"], [None, "p3"], ["é"]),
    "quantities": (None, [], [2.0], [1.0, 3.0], [0.0, 0.0], [-1.0, 3.0], [2.0, 1.0, 1.0]),
    # What they are cut into is exact in binary, so that sums don't depend on their order.
    "revenue": (None, 96.0, 0.0, 0.75, -12.0, 48.0),
    "keywords": (None, "tea", "Tea", "", "和食器"),
    "category": (None, [], ["c1"], ["c1", "c2"], ["c2", "c2"], [None]),
    "miso_id": (None, ONE, ONE.upper(), TWO),
    "campaign_source": (None, "mail", "Mail", ""),
    "campaign_medium": (None, None, "cpc"),
    "campaign_name": (None, "spring"),
    "campaign_term": (None, "tea", ""),
    "campaign_content": (None, "banner", "Banner"),
    "page_referrer": (None, "https://Search.example/?q=tea", "http://me:x@search.example:80", "app://É.app/a", "?"),
    "result_type": (None, "answer", "Answer"),
    "page_url": (None, "https://shop.example/A?x=1", "https://shop.example/A#y?z", "https://Other.example/bÉ", "?", ""),
    "locale": (None, "en-GB", "de-DE"),
    "region": (None, "Kent", "kent", ""),
    "user_agent": (None, "", PHONE, BOT, "a shop's own app"),
    "extra": (
        *(None, '{"search":{"filters":{"plan":["gold"]}}}', '{"context":{"custom_context":{"plan":"gold","n":5}}}'),
        '{"context":{"custom_context":{"n":"5","plan":"Gold, \\"é\\""},"page":{"plan":"gold"}}}',
        '{"context":{"custom_context":{"A/B test":true,"n":-2.5,"plan":["gold"],"a.b":"Gold"}}}',
        '{"context":{"custom_context":{"A/B test":"true","plan":{"plan":"gold"},"n":null}}}',
        *(f'{{"context":{{"custom_context":{{"refund_amount":{amount}}}}}}}'
          for amount in ("12", "0.75", '"48.5"', '"a lot"', "-3", "true", "[6]", '""')),
    ),
}  # fmt: skip
ZONES: Final = st.sampled_from(
    [
        *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"),
        *("America/St_Johns", "Pacific/Apia", "Africa/Monrovia", "Europe/Amsterdam", "Pacific/Kiritimati"),
    ]
).map(ZoneInfo)
USUAL_TIMES: Final = (
    datetime(2024, 3, 31, 0, 50, tzinfo=UTC),  # before the clocks change in Europe
    datetime(2024, 4, 6, 14, 40, tzinfo=UTC),  # in Lord Howe, by half an hour
    datetime(2024, 10, 27, 0, 20, tzinfo=UTC),
    datetime(2023, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 9, 45, tzinfo=UTC),  # Apia leaves out a day
)
ODD_TIMES: Final = (
    datetime(1972, 1, 7, 0, 30, tzinfo=UTC),  # Monrovia's clock goes 44 minutes and 30 seconds ahead
    datetime(1937, 6, 30, 23, 20, tzinfo=UTC),  # Amsterdam gives up the time of its own sun
    datetime(1969, 12, 31, 23, 45, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 22, 30, tzinfo=UTC),
)
RECEIVED: Final = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Drawn:
    """``parts``: records as :func:`tests.lakes.append` takes them, each with its import; who is hidden; and links, a
    user's and a visitor's key each, which records that were left out have made."""

    parts: tuple[tuple[Record, ...], ...]
    hidden: Tombstones
    links: tuple[tuple[int, int], ...] = ()

    @property
    def records(self) -> list[Record]:
        return [record for part in self.parts for record in part]


def table_of(records: Iterable[Record]) -> pa.Table:
    """Records, with the columns of the table."""
    return pa.Table.from_pylist([as_row(record) for record in records], schema=TABLE_SCHEMA)


def _moments(anchors: Sequence[datetime]) -> st.SearchStrategy[datetime]:
    """Around the anchors: whole and half hours, sessions' pauses to the microsecond, days and weeks apart."""
    steps = st.sampled_from([*range(-2, 6), 47, 48, 336]).map(lambda count: count * QUIET)
    fine = st.sampled_from([0, 0, 0, 0, 1, -1, 299_999_999, 300_000_000, 300_000_001, 1_234_567]).map(
        lambda us: us * _US
    )
    return st.builds(_at, st.sampled_from(list(anchors)), steps, fine)


def _at(anchor: datetime, step: timedelta, fine: timedelta) -> datetime:
    try:
        return anchor + step + fine
    except OverflowError:
        return EARLIEST if anchor.year == EARLIEST.year else LATEST


@st.composite
def _records(draw: st.DrawFn, anchors: Sequence[datetime]) -> Record:
    user, visitor = draw(st.sampled_from(IDS))
    kind = draw(st.sampled_from(USUAL) if draw(st.integers(0, 5)) else st.sampled_from(TYPES))
    at = draw(_moments(anchors))
    found: Record = {"type": kind, "timestamp": at, "user_id": user, "anonymous_id": visitor}
    # A few fields at a time: a record of all fields would have nothing that any other lacks.
    for name in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=5, unique=True)):
        found[name] = draw(st.sampled_from(VALUES[name]))
    if kind == "search":
        found["keywords"] = draw(st.sampled_from(VALUES["keywords"]))
    if kind == "refund":
        found["extra"] = draw(st.sampled_from(VALUES["extra"]))
    if kind in ("checkout", "add_to_cart", "product_detail_page_view"):
        for name in ("product_ids", "quantities", "revenue"):
            found[name] = draw(st.sampled_from(VALUES[name]))
    received = draw(st.sampled_from([None, timedelta(0), timedelta(hours=-1), timedelta(hours=-1, microseconds=-1)]))
    found["received_at"] = RECEIVED if received is None else _at(at, received, timedelta(0))
    return _allowed(found)


def _allowed(record: Record) -> Record:
    """Without what the contract doesn't let such a record have, and with the keys that name its people."""
    fields = {"keywords": "search"}
    keyring = identity.keyring()
    kept = {
        name: value
        for name, value in record.items()
        if (field := FIELDS.get(fields.get(name, name))) is None or record["type"] in field.types
    }
    return {**kept, "user_key": keyring[record["user_id"]], "anonymous_key": keyring[record["anonymous_id"]]}


@st.composite
def data_sets(draw: st.DrawFn, largest: int = 30) -> Drawn:
    """Up to ``largest`` records in one to three parts, each of an import or live; now and then somebody is hidden."""
    anchors = [draw(st.sampled_from(USUAL_TIMES))]
    if not draw(st.integers(0, 3)):
        anchors.append(draw(st.sampled_from((*USUAL_TIMES, *ODD_TIMES))))
    least = draw(st.sampled_from([0, 3, largest // 2]))  # most lists of chance are short otherwise
    records = draw(st.lists(_records(anchors), min_size=least, max_size=largest))
    records += [records[place] for place in draw(st.lists(st.integers(0, 30), max_size=3)) if place < len(records)]
    cuts = sorted({0, len(records), *draw(st.lists(st.integers(0, len(records)), max_size=2))})
    imports = draw(st.lists(st.integers(0, 2), min_size=3, max_size=3))
    parts = [
        tuple({**record, "import_id": number} for record in records[start:end])
        for start, end, number in zip(cuts, cuts[1:], imports, strict=False)
    ]
    gone = draw(hidden(anchors))
    return Drawn(tuple(part for part in parts if part), gone, draw(links(gone)))


@st.composite
def links(draw: st.DrawFn, hidden: Tombstones) -> tuple[tuple[int, int], ...]:
    """None, mostly; else up to three, none of them of hidden people."""
    if draw(st.integers(0, 2)):
        return ()
    key, gone = identity.keyring().key, {*hidden.users.keys.tolist(), *hidden.anonymous.keys.tolist()}
    names = st.tuples(st.sampled_from(["u0", "u1", "u3"]), st.sampled_from(["a0", "a1", "a2", "a5"]))
    drawn = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    pairs = sorted((key(user), key(visitor)) for user, visitor in drawn)
    return tuple(pair for pair in pairs if not gone & set(pair))


@st.composite
def hidden(draw: st.DrawFn, anchors: Sequence[datetime]) -> Tombstones:
    """Nobody, mostly; else up to two of the people that occur, until some moment or for good."""
    if draw(st.integers(0, 2)):
        return Tombstones.of([])
    keyring = identity.keyring()
    until = st.one_of(st.just(FOR_GOOD), _moments(anchors), st.just(RECEIVED))
    people = st.sampled_from([ids for ids in IDS if ids != (None, None)])
    stones = []
    for user, visitor in draw(st.lists(people, min_size=1, max_size=2)):
        stones.append((keyring[user], keyring[visitor] if user is None else None, draw(until)))
    return Tombstones.of(stones)


CUSTOM_KEYS: Final = ("A/B test", "a.b", "n", "plan")
WHOLE: Final = ("period", "groups", "types")
"""Parts of a filter that are no conditions."""


def _fields(anchors: Sequence[datetime]) -> dict[str, st.SearchStrategy[Any]]:
    moments = _moments(anchors)
    texts = ("miso_id", "keywords", "campaign_source", "campaign_medium", "campaign_name", "locale", "region")
    texts += ("campaign_term", "campaign_content", "result_type")
    return {
        "period": periods(moments),
        "groups": st.lists(st.sampled_from(Group), max_size=2).map(tuple),
        "types": st.lists(st.sampled_from(USUAL), max_size=3, unique=True).map(tuple),
        "user_id": st.sampled_from(["u0", "u1", "same", "nobody"]),
        "anonymous_id": st.sampled_from(["a0", "a1", "a3", "same", "a4"]),
        "user_key": st.sampled_from(["u0", "u2"]).map(lambda name: identity.keyring().key(name)),
        "anonymous_key": st.sampled_from(["a0", "a1"]).map(lambda name: identity.keyring().key(name)),
        "product_id": st.sampled_from(["p1", "p2", "p3", "none"]),
        "category": st.sampled_from(["c1", "c2"]),
        "page_contains": st.sampled_from(["example/a", "OTHER", "?x=1", "%", "bé", "#y"]),
        "page_url": st.sampled_from([value for value in VALUES["page_url"] if value] + ["https://nowhere.example/"]),
        "device": st.sampled_from(Device),
        "referrer": st.sampled_from(["search.example", "Search.Example", "é.app", "nowhere.example"]),
        "type": st.sampled_from(USUAL),
        "is_assisted": st.booleans(),
        "is_live": st.booleans(),
        "import_id": st.integers(0, 2),
        **{name: st.sampled_from([value for value in VALUES[name] if value is not None]) for name in texts},
        **{CUSTOM + key: st.sampled_from(["gold", 'Gold, "é"', "5", "-2.5", "true", "null"]) for key in CUSTOM_KEYS},
    }


def periods(moments: st.SearchStrategy[datetime]) -> st.SearchStrategy[Period]:
    both = st.tuples(moments, moments).filter(lambda bounds: bounds[0] != bounds[1])
    return st.one_of(
        both.map(lambda bounds: Period(min(bounds), max(bounds))),
        moments.map(lambda start: Period(start, None)),
        moments.map(lambda end: Period(None, end)),
    )


@st.composite
def conditions(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]], name: str) -> Condition:
    """Of one value or several, which records have to have, to contain, or not."""
    contains = can_contain(name) and draw(st.booleans())
    values = st.sampled_from(["e", "GO", "c", "1", "%", "É", "-"]) if contains else fields[name]
    found = draw(st.lists(values, min_size=1, max_size=3, unique=True))
    return Condition(name, tuple(getattr(each, "value", each) for each in found), draw(st.booleans()), contains)


@st.composite
def filters(draw: st.DrawFn, most: int = 2) -> Filter:
    """Up to ``most`` fields, and now and then a group of conditions of which one has to hold."""
    fields = _fields((*USUAL_TIMES, datetime(1970, 1, 1, tzinfo=UTC)))
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=most, unique=True))
    whole = {name: draw(fields[name]) for name in names if name in WHOLE}
    wanted = [draw(conditions(fields, name)) for name in names if name not in WHOLE]
    grouped = st.sampled_from(sorted(name for name in fields if name not in WHOLE))
    groups = (
        draw(st.lists(st.lists(grouped, min_size=1, max_size=3), max_size=2)) if not draw(st.integers(0, 2)) else []
    )
    any_of = [[draw(conditions(fields, name)) for name in group] for group in groups]
    return Filter(**whole, conditions=wanted, any_of=any_of)


def unit_for(drawn: Drawn, asked: Filter, zone: ZoneInfo, choice: int) -> Unit:
    """One of the units that pages offer for what is asked: not the hours of ten thousand years."""
    times = [record["timestamp"] for record in drawn.records] or [RECEIVED]
    start, end = asked.period.bounded(min(times), max(times)) if asked.period != ALL else (min(times), max(times))
    units = allowed_units(min(start, min(times)), max(end, max(times)), zone)
    return units[choice % len(units)]
