"""The rule book: every rule of the contract, and the sentence that says it was broken."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec.rulebook import Violation, check_bytes
from interactions.contract import schema
from interactions.contract.schema import Form
from tests.codec.read import Record
from tests.codec.strategies import dumped, faulty, interactions

UUID = "123e4567-e89b-12d3-a456-426614174000"
GOOD: dict[str, Any] = {
    "timestamp": "2024-02-29T23:59:59.5+02:00",
    "user_id": "00042",
    "anonymous_id": "",
    "product_ids": ["a"],
    "product_group_ids": [],
    "miso_id": UUID,
    "duration": 0.5,
    "revenue": -3,
    "rating": 4,
    "quantities": [1, 2.5],
    "category": ["a", "b"],
    "custom_action_name": "wave",
    "search": {"keywords": "a"},
    "question_id": "q",
    "result_type": "r",
    "value": "v",
    "context": {"locale": "de"},
}
STRING, NUMBER, OBJECT = "It must be a string.", "It must be a finite number.", "It must be an object."
STRINGS, TIME = (
    "It must be a list of strings.",
    "It must be a date and time with an offset, such as 2024-03-01T09:41:07Z.",
)
CUSTOM = "It must be a boolean, a number, a string, or a list of numbers, of strings or of objects."
NO_FIELD = "There is no such field."
OUT_OF_RANGE = "A number in it is out of range."
AMOUNT = "It must be a number of at most 1e15 in size."


def good(kind: str) -> Record:
    return {"type": kind, **({"custom_action_name": "wave"} if kind == "custom" else {})}


def lines(record: Any) -> list[str]:
    return [violation.line(0) for violation in check_bytes(json.dumps(record).encode()).violations]


def rules(record: Any) -> list[tuple[str, str]]:
    return [(each.path, each.rule) for each in check_bytes(json.dumps(record).encode()).violations]


def in_context(value: Any) -> Record:
    return {"type": "like", "context": value}


class TestTypesAndFields:
    def test_there_are_29_types(self) -> None:
        assert len(schema.TYPES) == len(set(schema.TYPES)) == 29

    @pytest.mark.parametrize("kind", schema.TYPES)
    @pytest.mark.parametrize("name", [name for name in schema.FIELDS if name != "type"])
    def test_a_type_has_the_fields_of_the_contract_and_no_other(self, kind: str, name: str) -> None:
        broken = rules({**good(kind), name: GOOD[name]})
        assert broken == ([] if allowed(kind, name) else [(name, f"{kind} has no such field.")])

    @pytest.mark.parametrize("kind", ["", "Like", "views", None, 1, [], {}, ["like"]])
    def test_any_other_type_is_refused(self, kind: Any) -> None:
        [(path, rule)] = rules({"type": kind})
        assert path == "type"
        assert rule.startswith("It is required." if kind is None else "It is not an interaction type.")
        assert kind is None or all(name in rule for name in schema.TYPES)

    @pytest.mark.parametrize(
        ("kind", "meant"),
        [
            ("Like", "like"),
            ("clik", "click"),
            ("add to cart", "add_to_cart"),
            ("product_view", "product_image_view"),
            ("home-page-view", "home_page_view"),
            ("purchase", None),
            ("", None),
            ("x" * 5000, None),
        ],
    )
    def test_a_close_type_is_suggested(self, kind: str, meant: str | None) -> None:
        [(_, rule)] = rules({"type": kind})
        assert ("Did you mean" in rule) == (meant is not None)
        assert meant is None or f"Did you mean {meant}?" in rule

    def test_a_close_field_is_suggested(self) -> None:
        assert rules({"type": "like", "user": "a"}) == [("user", NO_FIELD + " Did you mean user_id?")]
        assert rules({"type": "search", "search": {"keyword": "a"}}) == [
            ("search.keyword", NO_FIELD + " Did you mean keywords?")
        ]

    def test_a_type_is_all_that_is_required_but_for_custom(self) -> None:
        assert rules({"type": "like"}) == []
        assert rules({}) == [("type", "It is required.")]
        assert rules({"type": "custom"}) == [("custom_action_name", "It is required for custom.")]

    def test_an_unknown_field_is_refused(self) -> None:
        assert rules({"type": "like", "userId": "a"}) == [("userId", NO_FIELD + " Did you mean user_id?")]

    @pytest.mark.parametrize("name", [*schema.FIELDS, "foo"])
    def test_null_counts_as_absent(self, name: str) -> None:
        record = {**good("like"), name: None}
        assert rules(record) == ([("type", "It is required.")] if name == "type" else [])

    def test_our_own_note_is_dropped(self) -> None:
        checked = check_bytes(b'{"type":"like","%b":{"problems":["a"]}}' % schema.NOTE.encode())
        assert (checked.violations, checked.record) == ([], b'{"type":"like"}')

    def test_every_violation_is_said(self) -> None:
        record = {"type": "rate", "rating": "5", "user_id": 7, "foo": 1, "context": {"page": {"title": 1}}}
        assert rules(record) == [
            ("rating", NUMBER),
            ("user_id", STRING),
            ("foo", NO_FIELD),
            ("context.page.title", STRING),
            ("context.page.url", "It is required in a page."),
        ]


def allowed(kind: str, name: str) -> bool:
    """The contract's table, in its own words."""
    no_products = {"search", "home_page_view", "category_page_view", "feedback"}
    watching = {"product_detail_page_view", "category_page_view", "home_page_view", "promo_page_view"}
    only = {
        "duration": watching | {"read", "watch", "listen"},
        "search": {"search"},
        "category": {"category_page_view"},
        "quantities": {"add_to_cart", "checkout"},
        "revenue": {"checkout"},
        "rating": {"rate"},
        "custom_action_name": {"custom"},
        "question_id": {"feedback"},
        "result_type": {"feedback"},
        "value": {"feedback"},
    }
    if name in ("product_ids", "product_group_ids"):
        return kind not in no_products
    return name not in only or kind in only[name]


class TestForms:
    @pytest.mark.parametrize(
        ("record", "broken"),
        [
            ({"type": "like", "user_id": 1}, ("user_id", STRING)),
            ({"type": "like", "user_id": "x" * 512}, None),
            ({"type": "like", "user_id": "😀" * 512}, None),
            ({"type": "like", "user_id": "x" * 513}, ("user_id", "It is longer than 512 characters.")),
            ({"type": "like", "anonymous_id": "x" * 1024}, None),
            ({"type": "like", "anonymous_id": "x" * 1025}, ("anonymous_id", "It is longer than 1024 characters.")),
            ({"type": "like", "product_ids": "a"}, ("product_ids", STRINGS)),
            ({"type": "like", "product_ids": ["a", 1]}, ("product_ids.1", STRING)),
            ({"type": "like", "product_ids": [None]}, ("product_ids.0", STRING)),
            ({"type": "like", "product_ids": ["x" * 513]}, ("product_ids.0", "It is longer than 512 characters.")),
            ({"type": "like", "product_group_ids": {"a": 1}}, ("product_group_ids", STRINGS)),
            ({"type": "category_page_view", "category": ["x" * 2000]}, None),
            ({"type": "category_page_view", "category": [["a"]]}, ("category.0", STRING)),
            ({"type": "feedback", "question_id": "x" * 513}, ("question_id", "It is longer than 512 characters.")),
            ({"type": "feedback", "value": 5}, ("value", STRING)),
            ({"type": "custom", "custom_action_name": 1}, ("custom_action_name", STRING)),
            ({"type": "rate", "rating": True}, ("rating", NUMBER)),
            ({"type": "rate", "rating": "5"}, ("rating", NUMBER)),
            ({"type": "checkout", "revenue": 10**400}, ("revenue", NUMBER)),
            ({"type": "checkout", "revenue": 10**30}, ("revenue", AMOUNT)),
            ({"type": "checkout", "quantities": 2}, None),
            ({"type": "checkout", "quantities": "2"}, ("quantities", "It must be a number or a list of numbers.")),
            ({"type": "checkout", "quantities": [1, "2"]}, ("quantities.1", NUMBER)),
            ({"type": "checkout", "quantities": [False]}, ("quantities.0", NUMBER)),
            ({"type": "search", "search": "shoes"}, ("search", OBJECT)),
            ({"type": "search", "search": {}}, None),
            ({"type": "search", "search": {"keywords": ["a"]}}, ("search.keywords", STRING)),
            ({"type": "search", "search": {"query": "a"}}, ("search.query", NO_FIELD)),
            ({"type": "search", "search": {"query": None}}, None),
            (
                {"type": "search", "search": {"filters": []}},
                ("search.filters", "It must be an object of lists of strings."),
            ),
            ({"type": "search", "search": {"filters": {"a": "b"}}}, ("search.filters.a", STRINGS)),
            ({"type": "search", "search": {"filters": {"a b": ["c", 1]}}}, ("search.filters.a_b.1", STRING)),
            (in_context([]), ("context", OBJECT)),
            (in_context({"locale": 1}), ("context.locale", STRING)),
            (in_context({"page": {}}), ("context.page.url", "It is required in a page.")),
            (in_context({"page": {"url": None, "title": "a"}}), ("context.page.url", "It is required in a page.")),
            (in_context({"page": "/"}), ("context.page", OBJECT)),
            (in_context({"campaign": {"name": 1}}), ("context.campaign.name", STRING)),
            (in_context({"campaign": {}, "anything": [{"a": None}], "page": {"url": "", "more": 1}}), None),
            (in_context({"custom_context": []}), ("context.custom_context", OBJECT)),
            (in_context({"custom_context": {"a": {}}}), ("context.custom_context.a", CUSTOM)),
            (in_context({"custom_context": {"a": [1, "b"]}}), ("context.custom_context.a", CUSTOM)),
            (in_context({"custom_context": {"a": [True]}}), ("context.custom_context.a", CUSTOM)),
            (in_context({"custom_context": {"a": [None]}}), ("context.custom_context.a", CUSTOM)),
            (in_context({"custom_context": {"a": [[1]]}}), ("context.custom_context.a", CUSTOM)),
            (in_context({"custom_context": {"a": [], "b": [{}], "c": True, "d": None, "e": 2**64 - 1}}), None),
            (in_context({"custom_context": {"a": 2**64}, "more": {"b": [10**30]}}), None),
            (in_context({"custom_context": {"a": [{"b": -(10**400)}]}}), ("context.custom_context.a", OUT_OF_RANGE)),
            (in_context({"more": {"b": [10**400]}}), ("context.more", OUT_OF_RANGE)),
        ],
    )
    def test_a_value_has_the_form_of_its_field(self, record: Record, broken: tuple[str, str] | None) -> None:
        assert rules(record) == ([] if broken is None else [broken])

    @pytest.mark.parametrize(
        ("text", "fits"),
        [
            ("2024-02-29T00:00:00Z", True),
            ("2024-02-29T00:00:00.123456+14:00", True),
            ("0001-01-01T00:00:00Z", True),
            ("9999-12-31T23:59:59.999999Z", True),
            ("2023-02-29T00:00:00Z", False),
            ("2024-02-29T24:00:00Z", False),
            ("2024-02-29T00:00:00", False),
            ("2024-02-29", False),
            ("29.02.2024", False),
            ("", False),
            ("0001-01-01T00:00:00+12:00", False),
            ("0001-01-01T23:59:59+24:00", False),
            ("0001-01-01T00:00:00+00:01", False),
            ("9999-12-31T23:59:59-12:00", False),
            (1709164800, False),
            (None, True),
        ],
    )
    def test_a_timestamp_has_an_offset_and_is_within_the_calendar(self, text: Any, fits: bool) -> None:
        assert rules({"type": "like", "timestamp": text}) == ([] if fits else [("timestamp", TIME)])

    @pytest.mark.parametrize(("text", "fits"), [(UUID, True), (UUID.upper(), True), (UUID[:-1], False)])
    def test_a_miso_id_is_a_uuid(self, text: str, fits: bool) -> None:
        for wrong, holds in (
            (text, fits),
            (text + "\n", False),
            (text.replace("-", ""), False),
            (f"{{{text}}}", False),
        ):
            assert rules({"type": "like", "miso_id": wrong}) == ([] if holds else [("miso_id", "It must be a UUID.")])

    @pytest.mark.parametrize("text", ["", "0.0.0.0", "255.255.255.255", "10.1.2.0"])
    def test_an_ip_may_be_empty(self, text: str) -> None:
        assert rules(in_context({"truncated_ip": text})) == []

    @pytest.mark.parametrize("text", ["1.2.3", "1.2.3.256", "1.2.3.4\n", "::1", "1.2.3.4.5", " 1.2.3.4", "a.b.c.d", 1])
    def test_an_ip_has_four_bytes(self, text: Any) -> None:
        assert rules(in_context({"truncated_ip": text})) == [("context.truncated_ip", "It must be an IPv4 address.")]

    def test_every_form_is_checked_somewhere(self) -> None:
        tables = (schema.FIELDS, schema.SEARCH_FIELDS, schema.CONTEXT_FIELDS)
        assert {field.form for table in tables for field in table.values()} == set(Form)


class TestText:
    @pytest.mark.parametrize(
        ("raw", "rule"),
        [
            (b"", "It is not valid JSON: it ends in the middle."),
            (b'{"type":"like"', "It is not valid JSON: it ends in the middle."),
            (b'{"type":"like","user_id":"a', "It is not valid JSON: it ends in the middle."),
            (b'{"type":"like",}', "It is not valid JSON: trailing comma in object."),
            (b"{'type':'like'}", "It is not valid JSON: object keys must be strings."),
            (b'{"type":"rate","rating":NaN}', "It is not valid JSON: invalid character."),
            (b'{"type":"rate","rating":Infinity}', "It is not valid JSON: invalid character."),
            (b'{"type":"rate","rating":-Infinity}', "It is not valid JSON: invalid character."),
            (b'{"type":"rate","rating":1e400}', "It is not valid JSON: a number is out of range."),
            (b'{"type":"rate","rating":' + b"1" * 5000 + b"}", "It is not valid JSON: a number is out of range."),
            (b'{"type":"like"} {"type":"like"}', "It is not valid JSON: trailing characters."),
            (b'{"type":"like","user_id":"\xff"}', "It is not UTF-8 text."),
            (b'{"type":"like","\xc3":"a"}', "It is not UTF-8 text."),
            (
                b'{"type":"like","user_id":"\xed\xa0\x80"}',
                "It is not UTF-8 text.",
            ),
            (b'{"type":"like","user_id":"a","user_id":"b"}', "It has the same key twice."),
            (b"[]", "A record must be an object."),
            (b"null", "A record must be an object."),
            (b'"like"', "A record must be an object."),
        ],
    )
    def test_what_is_no_record_is_said(self, raw: bytes, rule: str) -> None:
        checked = check_bytes(raw)
        assert checked.record is None
        assert [(violation.path, violation.rule) for violation in checked.violations] == [("", rule)]

    def test_the_place_of_a_fault_is_shown_and_equal_faults_read_equal(self) -> None:
        first, second = (check_bytes(raw).violations[0] for raw in (b'{"type":"like",}', b'{"type":"read","a":[], }'))
        assert first.cause == second.cause
        assert first.line(0).startswith('data.0 (byte 15: {"type":"like",}) is invalid.')
        (violation,) = check_bytes(b'{"type":"like","user_id":"\xff"}').violations
        assert violation.value == 'byte 26: ":"like","user_id":"�"}'

    @pytest.mark.parametrize("half", [r"\ud83d", r"\ude00", r"\ud83d\u0041", r"a\ud83d"])
    def test_half_of_a_character_is_no_text(self, half: str) -> None:
        for raw in (f'{{"type":"like","user_id":"{half}"}}', f'{{"type":"like","{half}":1}}'):
            (violation,) = check_bytes(raw.encode()).violations
            assert violation.rule == r"It is not valid JSON: one half of a surrogate pair (\u…)."

    @pytest.mark.parametrize("depth", [97, 1000, 100_000])
    def test_nesting_has_an_end(self, depth: int) -> None:
        nested = b"[" * depth + b"]" * depth
        for raw in (b'{"type":"like","context":{"custom_context":{"a":[{"b":' + nested + b"}]}}}", nested + b"   "):
            (violation,) = check_bytes(raw).violations
            deep = violation.rule.startswith("It is nested more than 100 levels deep")
            assert deep or (depth == 97 and violation.rule == "A record must be an object.")

    def test_nesting_up_to_there_is_fine(self) -> None:
        nested = b"[" * 95 + b"]" * 95
        assert check_bytes(b'{"type":"like","context":{"custom_context":{"a":[{"b":' + nested + b"}]}}}").record

    @settings(max_examples=200)
    @given(st.binary(max_size=60))
    def test_no_bytes_raise_anything(self, raw: bytes) -> None:
        checked = check_bytes(raw)
        assert (checked.record is None) == bool(checked.violations)


class TestSentences:
    def test_the_value_stands_in_parentheses_before_the_verdict(self) -> None:
        assert lines({"type": "rate", "rating": "five"})[0].startswith("data.0.rating (five) is invalid.")
        assert lines({"type": "rate", "rating": "5"})[0].startswith('data.0.rating ("5") is invalid.')
        assert lines({"type": "like", "user_id": 5})[0].startswith("data.0.user_id (5) is invalid.")
        assert lines({"type": "rate", "rating": ""})[0].startswith('data.0.rating ("") is invalid.')
        assert lines({}) == ["data.0.type is invalid. It is required."]
        assert lines([]) == ["data.0 ([]) is invalid. A record must be an object."]
        assert Violation("a.b", "No.", "c").line(12) == "data.12.a.b (c) is invalid. No."

    @settings(max_examples=100)
    @given(st.builds(dumped, faulty(), st.integers(0, 3)))
    def test_every_line_can_be_taken_apart(self, raw: bytes) -> None:
        for violation in check_bytes(raw).violations:
            line = violation.line(3)
            assert re.match(r"data\.3(\.\S+)?( \(.*\))? is invalid\. \w.*\.$", line), line
            assert "\n" not in line
            assert line.startswith("data.3." + violation.path if violation.path else "data.3 ")

    def test_a_long_value_is_cut(self) -> None:
        (line,) = lines({"type": "like", "user_id": ["x" * 10_000]})
        assert len(line) < 150

    def test_positions_do_not_tell_causes_apart(self) -> None:
        causes = {each.cause for each in check_bytes(b'{"type":"like","product_ids":[1,"a",2]}').violations}
        assert causes == {("product_ids", STRING)}

    @settings(max_examples=60)
    @given(interactions())
    def test_a_good_record_has_none(self, record: Record) -> None:
        assert lines(record) == []
