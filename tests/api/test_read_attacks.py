"""What strangers may put into the query of a call that reads: any text gets an answer in the API's form."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.access import keys
from interactions.models import ApiKey, Environment
from interactions.questions.names import REPORTS
from interactions.questions.parts import NAMES
from tests.lakes import append, record

ODD = [
    "", " ", "\x00", "\ud7ff", "\uffff", "'", '"', "%", "_", "\\", "--", "1e999", "-0", "İ", "ß", "a" * 2_049, "null",
    "[]", "../../etc/passwd", "=cmd()", "9" * 400, "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-12:00", "2024-02-30", "2024-W01-1", "2024-03-01T10:00", "24:00", "UTC", "right/UTC",
    "localtime", "Pacific/Kiritimati", "America/Nuuk", "Africa/Monrovia", "." , "csv", "yes", "no",
    "search,checkout", "shop", "-62135596800000000-00-1", "253402300799999999-ffff-999999", "u1", "…",
    "999999999999999999-ff-1",
]  # fmt: skip
OWN = ["unit", "split", "compare", "step", "limit", "cursor", "format", "zone", "period", "from", "to"]
names = st.sampled_from([*OWN, *NAMES, "custom.plan", "custom.", "custom.$", 'custom."', "custom.plan!"])
values = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.dates().map(str), st.integers(-2, 2**70).map(str))
queries = st.lists(st.tuples(names, values), max_size=4)


@pytest.fixture
def key(production: Environment) -> str:
    append(
        [
            record("search", "0001-01-01T00:00:00Z", keywords="a\x00b", user_id="u1"),
            record("checkout", "2024-03-05T10:00:00Z", user_id="u1", product_ids=["p"], revenue=3.0, region="\x00"),
            record("like", "9999-12-31T23:59:59.999999Z", anonymous_id="a1", page_url="https://shop.example/%00"),
        ]
    )
    return keys.create(production, kind=ApiKey.Kind.SECRET, name="Able", scopes=list(ApiKey.Scope))[1]


def check(client: Client, key: str, address: str, query: list[tuple[str, str]]) -> int:
    text = urlencode(query, errors="surrogatepass")
    answer = client.get(f"{address}?{text}", headers={"X-API-KEY": key})
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code in (200, 400, 503), (answer.status_code, query)
    if answer.status_code != 200:
        assert list(json.loads(body)) == ["message"]
        # A key of custom_context that nobody asked for before is being indexed.
        assert answer.status_code == 400 or any(name.startswith("custom.plan") for name, _ in query), query
    elif answer["Content-Type"] == "application/json":
        json.loads(body, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    return int(answer.status_code)


def test_any_query_of_a_report_gets_an_answer(client: Client, key: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(query=queries, name=st.sampled_from(list(REPORTS)))
    def send(query: list[tuple[str, str]], name: str) -> None:
        check(client, key, f"/v1/reports/{name}", query)

    send()


def test_any_query_of_the_export_gets_an_answer(client: Client, key: str) -> None:
    @settings(max_examples=30, deadline=None)
    @given(query=queries)
    def send(query: list[tuple[str, str]]) -> None:
        check(client, key, "/v1/interactions/export", query)

    send()


@pytest.mark.parametrize("address", ["/v1/reports/over_time", "/v1/interactions/export"])
def test_odd_values_of_each_parameter_get_an_answer(client: Client, key: str, address: str) -> None:
    for place, name in enumerate([*OWN, *NAMES]):
        for value in ODD[place % 12 :: 12]:  # all values, and each parameter with a few of them
            check(client, key, address, [(name, value)])


def test_a_query_of_more_fields_than_are_read_is_refused(client: Client, key: str) -> None:
    assert check(client, key, "/v1/reports/totals", [("region", str(number)) for number in range(2_000)]) == 400


@pytest.mark.parametrize("accept", ["", ";", "text/csv;q=x", "*/*;q=0", "text/csv, */*;q=0.1", "\x00", "a" * 9_000])
def test_any_accept_header_gets_an_answer(client: Client, key: str, accept: str) -> None:
    answer = client.get("/v1/reports/by_type", headers={"X-API-KEY": key, "Accept": accept})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/v1/reports/", "/v1/reports/totals/", "http://testserver//v1/reports/totals", "/v1/reports//totals",
     "/v1/reports/a%2Fb", "/v1/reports/%00", "/v1/reports/TOTALS", "/v1/reports/" + "a" * 5_000,
     "/v1/interactions/export/x"],
)  # fmt: skip
def test_any_address_gets_an_answer_in_the_apis_form(client: Client, key: str, address: str) -> None:
    answer = client.get(address, headers={"X-API-KEY": key})
    assert answer.status_code in (200, 404)
    assert answer.status_code == 200 or list(answer.json()) == ["message"]
    assert len(answer.content) < 10_000


def test_a_head_is_answered_as_a_get_without_a_body(client: Client, key: str) -> None:
    for address in ("/v1/reports/totals", "/v1/interactions/export?limit=1"):
        assert client.head(address, headers={"X-API-KEY": key}).status_code == 200
