"""Interactions as Hypothesis makes them: valid ones, of all types and with every field, and faulty ones."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from interactions.contract import schema
from interactions.contract.schema import Form
from tests.codec.read import Record

TRAPS = [
    "},{",
    '"},{"type":"like"',
    '":',
    '": null',
    "\\",
    '\\"',
    "]}",
    "null",
    '"',
    "{",
    "[",
    " : ",
    "",
    "\u2028",
    "😀",
]
KEYS = ["a", "type", "uuid", "data", "url", "Größe", "k\n", '"', " ", "", "null", "a:", 'x":']

texts = st.one_of(st.text(max_size=12), st.sampled_from(TRAPS), st.sampled_from(schema.TYPES))
digits = st.integers(0, 10**60).map(str)
identifiers = st.one_of(texts, digits, digits.map(lambda text: "000" + text), st.just("x" * 512), st.just("😀" * 512))
keys = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
integers = st.integers(-(2**63), 2**64 - 1) | st.integers(-(2**80), 2**80)
floats = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(-schema.LARGEST_AMOUNT, schema.LARGEST_AMOUNT),
    st.sampled_from([0, 0.0, 1e15, 10.0, -1.5, 5e-324]),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), integers, floats, texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(keys, anything, max_size=3)
interaction_like = st.fixed_dictionaries({"type": st.sampled_from(schema.TYPES)}, optional={"a": texts})
custom_values = st.one_of(
    st.none(),
    st.booleans(),
    integers,
    floats,
    texts,
    st.lists(integers | floats, max_size=3),
    st.lists(texts, max_size=3),
    st.lists(objects, max_size=3),
    st.lists(interaction_like, max_size=3),
)


@st.composite
def timestamps(draw: st.DrawFn) -> str:
    """Instants in every spelling of RFC 3339."""
    moment = draw(
        st.one_of(
            st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - the zone comes below
            st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28)),  # noqa: DTZ001
        )
    )
    moment = moment.replace(microsecond=draw(st.sampled_from([0, 1, 10, 500_000, 123_456, 999_999])))
    minutes = draw(st.sampled_from([0, 0, 60, 330, -480, 845, -1]))
    return spelled(moment.replace(tzinfo=timezone(timedelta(minutes=minutes))), draw(st.booleans()))


def spelled(moment: datetime, short: bool) -> str:
    text = moment.isoformat()
    return text.replace("+00:00", "Z") if short else text


def _values(form: Form) -> st.SearchStrategy[Any]:
    return {
        Form.STRING: identifiers,
        Form.STRINGS: st.lists(identifiers, max_size=3),
        Form.NUMBER: numbers,
        Form.NUMBER_OR_NUMBERS: numbers | st.lists(numbers, max_size=3),
        Form.TIMESTAMP: timestamps(),
        Form.UUID: st.uuids().map(str) | st.uuids().map(lambda found: str(found).upper()),
        Form.IPV4: st.ip_addresses(v=4).map(str) | st.just(""),
        Form.FILTERS: st.dictionaries(keys, st.lists(texts, max_size=3), max_size=3),
        Form.CUSTOM: st.dictionaries(keys, custom_values, max_size=4),
        Form.OBJECT: st.nothing(),
    }[form]


def _or_null(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(value, value, value, st.none())


strings = _or_null(texts)
campaigns = st.fixed_dictionaries({}, optional=dict.fromkeys(schema.CAMPAIGN_FIELDS, strings))
pages = st.fixed_dictionaries({"url": texts}, optional={"referrer": strings, "title": strings})
searches = st.fixed_dictionaries({}, optional={"keywords": strings, "filters": _or_null(_values(Form.FILTERS))})
contexts = st.fixed_dictionaries(
    {},
    optional={
        "campaign": _or_null(campaigns),
        "page": _or_null(pages),
        **{
            name: _or_null(_values(field.form))
            for name, field in schema.CONTEXT_FIELDS.items()
            if field.form is not Form.OBJECT
        },
    },
)


@st.composite
def _with_unknown(draw: st.DrawFn, known: st.SearchStrategy[Record]) -> Record:
    """A context with keys that the contract does not name, in it and in its objects."""
    context = draw(known)
    for holder in (context, context.get("page"), context.get("campaign")):
        if holder is not None and draw(st.integers(0, 3)) == 0:
            holder.update({f"x{key}": value for key, value in draw(objects).items()})
    return context


@st.composite
def interactions(draw: st.DrawFn, kind: str | None = None, *, unknown: bool = True) -> Record:
    """A valid record; ``unknown`` allows keys in its context that the contract does not name."""
    kind = kind or draw(st.sampled_from(schema.TYPES))
    record: Record = {"type": kind}
    fields = [name for name, field in schema.FIELDS.items() if kind in field.types and name != "type"]
    wanted = draw(st.lists(st.sampled_from(fields), max_size=6, unique=True))
    for name in wanted:
        if name == "context":
            record[name] = draw(_or_null(_with_unknown(contexts) if unknown else contexts))
        elif name == "search":
            record[name] = draw(_or_null(searches))
        else:
            record[name] = draw(_or_null(_values(schema.FIELDS[name].form)))
    if kind == "custom":
        record["custom_action_name"] = draw(texts)
    return record


WRONG: list[Any] = [
    True,
    1,
    1.5,
    "x",
    "",
    [],
    ["x"],
    [1],
    [None],
    [True],
    [["x"]],
    [1, "x"],
    {},
    {"a": 1},
    "2020-01-01",
]
WRONG += ["2020-01-01T00:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "1.2.3.256", "x" * 513]
WRONG += [
    "123e4567-e89b-12d3-a456-42661417400",
    2**64,
    -(2**63) - 1,
    10**400,
    [2**64],
    [{"a": [2**70]}],
    {"a": {"b": 1}},
]


@st.composite
def faulty(draw: st.DrawFn) -> Record:
    """A record that was changed somewhere, most often for the worse."""
    record = draw(interactions())
    where = [record]
    for name in ("search", "context"):
        if isinstance(record.get(name), dict):
            where.append(record[name])
            where += [inner for inner in record[name].values() if isinstance(inner, dict)]
    holder = draw(st.sampled_from(where))
    names = [*schema.FIELDS, *schema.CONTEXT_FIELDS, *schema.SEARCH_FIELDS, *schema.PAGE_FIELDS, "foo", schema.NOTE]
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from([*names, *holder]))
        if draw(st.integers(0, 4)) == 0:
            holder.pop(name, None)
        else:
            holder[name] = draw(st.sampled_from(WRONG) | anything)
    return record


def respelled(record: Record, seed: int) -> bytes:
    """The JSON of a record, spelled another way: order, blanks, escapes, 10.0 for 10, another zone, nulls."""
    chance = random.Random(seed)
    said = _respelled(record, chance)
    if isinstance(record.get("timestamp"), str):
        moment = datetime.fromisoformat(record["timestamp"])
        zone = chance.choice([UTC, timezone(timedelta(hours=2)), timezone(timedelta(minutes=-90))])
        said["timestamp"] = spelled(moment.astimezone(zone), chance.random() < 0.5)
    said.setdefault("miso_id", None)
    return dumped(said, chance.randrange(4))


def dumped(value: Any, way: int) -> bytes:
    """JSON as it is commonly written: compact, Python's, indented, or with blanks before colons."""
    options: list[dict[str, Any]] = [
        {"separators": (",", ":"), "ensure_ascii": False},
        {},
        {"indent": 2},
        {"separators": (" , ", " : ")},
    ]
    return json.dumps(value, **options[way]).encode()


def _respelled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        pairs = [(key, _respelled(inner, chance)) for key, inner in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, list):
        return [_respelled(item, chance) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 2**53:
        return value
    return float(value) if chance.random() < 0.5 or not float(value).is_integer() else int(value)
