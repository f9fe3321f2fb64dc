"""The OpenAPI document: valid, complete, and of one mind with the rule book that records are checked by."""

import copy
import json
import re
from functools import cache
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from interactions.api import reference, urls
from interactions.api.openapi import document
from interactions.codec.rulebook import check_bytes
from interactions.contract import schema
from tests.codec import forms, strategies

HOST = "https://dojo.example"
SECTIONS = {
    "Search": schema.SEARCH_FIELDS,
    "Context": schema.CONTEXT_FIELDS,
    "Campaign": schema.CAMPAIGN_FIELDS,
    "Page": schema.PAGE_FIELDS,
}


@cache
def made() -> dict[str, Any]:
    return document(HOST)


@cache
def validator(name: str) -> Draft202012Validator:
    """The schema of this name, with the document around it that it refers to."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": copy.deepcopy(made()["components"])}
    return Draft202012Validator(whole)


def test_it_is_a_valid_openapi_3_1_document() -> None:
    OpenAPIV31SpecValidator(made()).validate()


@pytest.mark.django_db
def test_it_is_served_without_a_key_and_names_the_host_that_was_asked(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["dojo.example"]
    answer = client.get("/v1/openapi.json", headers={"host": "dojo.example"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json()["servers"] == [{"url": "http://dojo.example"}]
    assert answer["Access-Control-Allow-Origin"] == "*"


UNKNOWN = {"/v1", "/v1/", "/v1/<path:rest>"}  # answered with a 404


def test_every_address_of_the_api_is_in_it() -> None:
    named = {f"/{each.pattern}" for each in urls.urlpatterns if isinstance(each, URLPattern)} - UNKNOWN
    named = {re.sub(r"<str:(\w+)>", r"{\1}", each) for each in named}
    assert set(made()["paths"]) == named


@pytest.mark.parametrize("call", reference.CALLS, ids=lambda call: call.id)
def test_every_call_says_each_of_its_answers(call: reference.DocumentedCall) -> None:
    operation = made()["paths"][call.path][call.method.lower()]
    assert {int(status) for status in operation["responses"]} == {each.status for each in call.all_answers}


@pytest.mark.parametrize("call", reference.CALLS, ids=lambda call: call.id)
def test_the_examples_of_bodies_and_answers_are_of_the_shape_that_it_says(call: reference.DocumentedCall) -> None:
    operation = made()["paths"][call.path][call.method.lower()]
    parts = [*operation["responses"].values(), *([operation["requestBody"]] if call.body else [])]
    for media in (media for part in parts for media in part["content"].values()):
        validator(media["schema"]["$ref"].rpartition("/")[2]).validate(media["example"])


@pytest.mark.parametrize("kind", schema.TYPES)
def test_each_type_has_the_fields_that_it_may_have_and_no_other(kind: str) -> None:
    mine = made()["components"]["schemas"][kind]
    fields = {name for name, field in schema.FIELDS.items() if kind in field.types}
    assert set(mine["properties"]) == {*fields, schema.NOTE}
    assert mine["additionalProperties"] == {"type": "null"}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_objects_within_a_record_have_all_their_fields(section: str) -> None:
    assert set(made()["components"]["schemas"][section]["properties"]) == set(SECTIONS[section])


@pytest.mark.parametrize("name", [name for name, field in schema.FIELDS.items() if field.longest])
def test_a_string_may_be_as_long_as_the_limit_and_no_longer(name: str) -> None:
    field = schema.FIELDS[name]
    kind = next(kind for kind in schema.TYPES if kind in field.types)
    for length in (field.longest or 0, (field.longest or 0) + 1):
        value: Any = "x" * length
        record = {"type": kind, name: [value] if field.form is schema.Form.STRINGS else value}
        assert (
            validator("Interaction").is_valid(record)
            == (check_bytes(json.dumps(record).encode()).record is not None)
            == (length == field.longest)
        )


@pytest.mark.parametrize("kind", schema.TYPES)
def test_the_example_of_a_type_is_accepted(kind: str) -> None:
    record = reference.example(kind)
    assert check_bytes(json.dumps(record).encode()).violations == []
    validator("Interaction").validate(record)


@settings(max_examples=40, deadline=None)
@given(strategies.interactions())
def test_what_the_rule_book_accepts_the_document_allows(record: dict[str, Any]) -> None:
    assert check_bytes(json.dumps(record).encode()).violations == []
    assert validator("Interaction").is_valid(record)


@settings(max_examples=80, deadline=None)
@given(strategies.faulty())
def test_what_the_document_forbids_the_rule_book_refuses(record: dict[str, Any]) -> None:
    if not validator("Interaction").is_valid(record):
        assert check_bytes(json.dumps(record).encode()).violations


def said(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a null does not hide what the same key said before."""
    return {**dict(pairs), **{name: value for name, value in pairs if value is not None}}


@settings(max_examples=150, deadline=None)
@given(forms.records())
def test_the_document_and_the_rule_book_say_the_same_of_every_form(raw: bytes) -> None:
    """But for what a document cannot say: keys given twice, instants of the calendar, numbers that no double holds."""
    checked = check_bytes(raw)
    record = json.loads(raw, object_pairs_hook=said)
    allowed = validator("Interaction").is_valid(record)
    if checked.record is not None:
        assert allowed
    else:
        beyond = ("twice", "date and time", "out of range", "finite", "nested")
        assert not allowed or any(word in each.rule for each in checked.violations for word in beyond)


@pytest.mark.parametrize(
    ("record", "good"),
    [
        ({"type": "like", "foo": None}, True),
        ({"type": "like", "rating": None}, True),
        ({"type": "search", "search": {"foo": None, "keywords": "x"}}, True),
        ({"type": "like", "foo": 0}, False),
        ({"type": "like", "context": {"custom_context": {"n": 2**64}}}, True),
        ({"type": "like", "context": {"n": -(2**70)}}, True),
        ({"type": "like", schema.NOTE: {"record": 3}}, True),
        ({"type": "checkout", "revenue": 1e15}, True),
        ({"type": "checkout", "revenue": -1.1e15}, False),
        ({"type": "checkout", "quantities": [1, 1e16]}, False),
        ({"type": "checkout", "quantities": 1e16}, False),
    ],
)
def test_both_say_the_same_of_nulls_and_of_large_numbers(record: dict[str, Any], good: bool) -> None:
    assert validator("Interaction").is_valid(record) == good
    assert (check_bytes(json.dumps(record).encode()).record is not None) == good


@pytest.mark.parametrize("name", ["keyInQuery", "keyInHeader"])
def test_a_key_may_come_in_the_query_or_in_a_header(name: str) -> None:
    assert {name: []} in made()["security"]


def test_the_limits_are_those_of_the_settings(settings: Any) -> None:
    settings.API_RECORDS = 17
    limited = document(HOST)["components"]["schemas"]["Interactions"]["properties"]["data"]
    assert limited["maxItems"] == 17
    assert "17 records" in document(HOST)["info"]["description"]
