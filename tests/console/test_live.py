"""The Live page: the list and what arrives, one call, the problems over time; plain and with htmx."""

import html
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from interactions import identity
from interactions.access import keys
from interactions.console.live.call import Anatomy
from interactions.contract.tombstones import Person
from interactions.ingest.live import calls
from interactions.ingest.live.calls.add import _away
from interactions.models import ActivityEntry, ApiKey, Environment
from tests import cast
from tests.deliveries import body_of, delivered, delivery
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db

LIVE = "/production/live/"
PROBLEMS = "/production/live/problems/"


@pytest.fixture(autouse=True)
def reader(client: Client) -> None:
    """Logged in; whoever is may look."""
    client.force_login(cast.viewer("reader"))


@pytest.fixture(autouse=True)
def empty_ring(redis_server: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server) as connection:
        connection.flushdb()
        _away.until = 0.0
        yield connection
        connection.flushdb()


def hashed(name: str) -> str:
    """What addresses say instead of a user id."""
    return Person(user_key=identity.keyring().key(name)).address


@pytest.fixture
def eve() -> str:
    return hashed("eve")


def rows(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="call-(\d+)"', page)]


def since(client: Client, after: int, query: str = "") -> Any:
    return client.get(f"{LIVE}?after={after}{query}", headers=HTMX)


# --- The list ---


def test_an_environment_without_calls_tells_how_to_send_the_first(client: Client) -> None:
    client.force_login(cast.owner())
    page = text_of(client, LIVE)
    assert "No calls in the last 24 hours" in page
    assert "curl http://testserver/v1/interactions" in page and reverse("keys", args=["production"]) in page


def test_calls_come_newest_first_with_all_that_is_known(client: Client) -> None:
    calls.push(
        [delivery(), delivery(status=422, client="Node SDK", records=1234, milliseconds=7.25, types={"search": 9})]
    )
    page = text_of(client, LIVE)
    ids = rows(page)
    assert len(ids) == 2 and ids == sorted(ids, reverse=True)
    for fact in ("Node SDK", "Shop", "dojo_sk_abcd…", "1,234", "search", "state-red", "422", "7.2", "state-green"):
        assert fact in page


def test_a_call_without_a_key_names_no_part_of_one(client: Client) -> None:
    """Test interactions come with a log-in."""
    calls.push([delivery(key_name="Log-in of ann", key_prefix="")])
    page = text_of(client, LIVE)
    assert "Log-in of ann" in page and "…</small>" not in page


def test_a_call_of_another_environment_is_not_shown(client: Client) -> None:
    calls.push([delivery(environment="playground")])
    assert not rows(text_of(client, LIVE))


def test_fifty_calls_and_then_the_older_ones(client: Client) -> None:
    calls.push([delivery() for _ in range(60)])
    page = text_of(client, LIVE)
    before = re.search(r'href="(\?before=\d+)"', page)
    assert len(rows(page)) == 50 and before
    older = text_of(client, LIVE + before[1], **HTMX)
    assert len(rows(older)) == 10 and "<table" not in older
    assert len(rows(text_of(client, LIVE + before[1]))) == 10


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("status=4xx", 1),
        ("status=400", 0),
        ("key=dojo_pk_x", 1),
        ("type=search", 1),
        ("person=bob", 1),
        ("person=eve", 0),
    ],
)
def test_the_address_filters_the_calls(client: Client, query: str, shown: int) -> None:
    name, _, value = query.partition("=")
    query = f"person={hashed(value)}" if name == "person" else query  # the key of hashes is in the database
    client.force_login(cast.owner())
    calls.push([delivery(status=302, body=b""), delivery(status=302, body=b"")])
    records = body_of({"type": "search", "user_id": "bob"})
    calls.push([delivery(status=422, key_prefix="dojo_pk_x", types={"search": 1}, body=records)])
    for headers in ({}, HTMX):
        page = text_of(client, f"{LIVE}?{query}", **headers)
        assert len(rows(page)) == shown
        assert "Show all calls" in page


def test_calls_of_a_person_want_the_right_to_see_people_and_are_noted(client: Client, eve: str) -> None:
    calls.push([delivery(body=body_of({"type": "like", "user_id": "eve"}))])
    assert client.get(f"{LIVE}?person={eve}").status_code == 403
    assert client.get(f"{LIVE}?person={eve}&after=1", headers=HTMX).status_code == 403
    assert client.post("/production/people/filter/", {"id": "eve", "to": "live"}).status_code == 403
    assert "people/filter" not in text_of(client, LIVE)
    client.force_login(cast.owner())
    to = client.post("/production/people/filter/", {"id": "eve", "to": "live", "status": "2xx"})["Location"]
    assert to == f"{LIVE}?status=2xx&person={eve}"
    assert len(rows(text_of(client, to))) == 1
    (entry,) = ActivityEntry.objects.filter(action="person_viewed")
    assert (entry.object, entry.details) == (f"person {eve}", {"page": "live calls"})


def test_a_filter_stays_in_the_address_and_in_the_form(client: Client, eve: str) -> None:
    client.force_login(cast.owner())
    calls.push([delivery()])
    answer = client.get(f"{LIVE}?status=2xx&key=&type=&person={eve}&hours=6", headers=HTMX)
    address = f"{LIVE}?status=2xx&person={eve}&hours=6"
    assert answer["HX-Push-Url"] == address
    again = client.get(address, headers={**HTMX, "HX-Current-URL": f"http://testserver{address}"})
    assert again["HX-Push-Url"] == "false"
    page = text_of(client, f"{LIVE}?status=2xx&person={eve}")
    assert '<option value="2xx" selected>' in page and f'name="person" value="{eve}"' in page


def test_the_keys_of_the_environment_can_be_chosen(client: Client) -> None:
    calls.push([delivery()])
    key, _ = keys.create(Environment.objects.get(slug="production"), kind=ApiKey.Kind.SECRET, name="Till")
    assert f'<option value="{key.prefix}">Till' in text_of(client, LIVE)


def test_what_an_address_says_wrongly_is_left_out(client: Client) -> None:
    calls.push([delivery()])
    page = text_of(client, f"{LIVE}?status=teapot&hours=5&before=x&after=%C2%B2")
    assert len(rows(page)) == 1


# --- What arrives ---


def test_only_what_came_since_arrives(client: Client) -> None:
    calls.push([delivery()])
    seen = rows(text_of(client, LIVE))[0]
    calls.push([delivery(), delivery()])
    answer = since(client, seen).content.decode()
    assert len(rows(answer)) == 2 and seen not in rows(answer)
    assert 'hx-swap-oob="afterbegin:#calls-body"' in answer
    assert f"?after={max(rows(answer))}" in answer


def test_without_news_the_page_stays_as_it_is(client: Client) -> None:
    calls.push([delivery()])
    answer = since(client, calls.newest("production"))
    assert (answer.status_code, answer.content) == (204, b"")


def test_news_that_do_not_match_only_move_the_mark(client: Client) -> None:
    calls.push([delivery()])
    seen = calls.newest("production")
    calls.push([delivery()])
    answer = since(client, seen, "&status=5xx").content.decode()
    assert not rows(answer) and f"?status=5xx&amp;after={calls.newest('production')}" in answer


def test_more_news_than_a_list_shows_are_a_new_list(client: Client) -> None:
    calls.push([delivery()])
    seen = calls.newest("production")
    calls.push([delivery() for _ in range(70)])
    answer = since(client, seen).content.decode()
    assert len(rows(answer)) == 50 and 'id="calls-body" hx-swap-oob="innerHTML"' in answer


def test_the_first_call_of_all_loads_the_page(client: Client) -> None:
    assert "empty=1" in text_of(client, LIVE)
    assert since(client, 0, "&empty=1").status_code == 204
    calls.push([delivery()])
    assert since(client, 0, "&empty=1")["HX-Refresh"] == "true"


# --- One call ---


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_call_shows_each_record_with_its_problems(client: Client, headers: dict[str, str]) -> None:
    body = body_of({"type": "search", "user_id": "ann"}, {"type": "like", "revenue": 1.50, "user_id": "<b>"})
    lines = ["data.1.revenue (1.5) is invalid. A like has no such field.", "data.1 is invalid. It is odd."]
    call = delivered(status=422, body=body, lines=lines, records=2)
    page = text_of(client, f"{LIVE}{call.id}/", **headers)
    assert re.findall(r"<code>data\.(\d+)</code>", page) == ["1", "0"]  # what is wrong comes first
    assert "A like has no such field." in page and "It is odd." in page and "2 problems" in page
    marked = re.findall(r'class="wrong-row">([^<]*)', page)
    assert [row.strip() for row in marked] == ["{", "&quot;revenue&quot;: 1.5,"]
    assert "<b>" not in page and ("<html" in page) == (not headers)


def test_numbers_are_shown_in_the_digits_they_came_in(client: Client) -> None:
    call = delivered(body=b'{"data":[{"revenue":1.50,"duration":1e400,"n":12345678901234567890123}]}')
    page = text_of(client, f"{LIVE}{call.id}/")
    for digits in ("1.50", "1e400", "12345678901234567890123"):
        assert digits in page


def test_a_call_is_copied_as_a_command(client: Client) -> None:
    call = delivered(path="/v1/interactions?dry_run=1&api_key=x", body=b'{"data":[{"user_id":"it\'s"}]}')
    page = text_of(client, f"{LIVE}{call.id}/")
    shown = re.search(r'<pre id="call-curl"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert shown
    from html import unescape

    words = shlex.split(unescape(shown[1]).replace("\\\n", ""))
    assert words[:2] == ["curl", "http://testserver/v1/interactions?dry_run=1"]
    assert words[-1] == '{"data":[{"user_id":"it\'s"}]}' and "X-API-KEY: YOUR_KEY" in words


def test_a_body_that_could_not_be_read_is_shown_as_it_came(client: Client) -> None:
    call = delivered(status=400, body=b'{"data": [{"type"')
    page = text_of(client, f"{LIVE}{call.id}/")
    assert "couldn't be split" in page and escape('{"data": [{"type"') in page


def test_a_refused_call_says_what_the_client_was_told(client: Client) -> None:
    call = delivered(status=400, body=b'{"data": [', reason="The body is not valid JSON: it ends too early.")
    assert "The body is not valid JSON: it ends too early." in text_of(client, f"{LIVE}{call.id}/")


def test_a_body_that_went_with_an_erased_person_is_no_command_to_copy(client: Client) -> None:
    call = delivered(status=400, body=b'{"data": [{"user_id": "u1')
    calls.erase_users("production", ["u1"])
    page = text_of(client, f"{LIVE}{call.id}/")
    assert "The body isn't kept." in page
    assert "Copy as curl" not in page


def test_an_erased_record_says_so(client: Client) -> None:
    call = delivered(body=body_of({"user_id": "ann"}, {"user_id": "bob"}))
    calls.erase_users("production", ["ann"])
    page = text_of(client, f"{LIVE}{call.id}/")
    assert "Erased with its user" in page and "ann" not in page and "bob" in page


def test_a_deletion_shows_nobody(client: Client) -> None:
    call = delivered(method="DELETE", body=b'{"user_ids":["ann"]}')
    page = text_of(client, f"{LIVE}{call.id}/")
    assert "A deletion names people" in page and "ann" not in page


def test_a_cut_call_says_what_is_kept(client: Client) -> None:
    many = body_of(*({"type": "search", "user_id": f"u{n}"} for n in range(5000)))
    call = delivered(status=422, body=many, lines=["data.4999.x is invalid. There is no such field."])
    page = text_of(client, f"{LIVE}{call.id}/")
    assert "are kept here" in page and "data.4999.x" in page and page.count('<li class="record"') == 100


def test_a_call_that_is_gone_says_what_is_kept(client: Client) -> None:
    assert client.get(f"{LIVE}1/").status_code == 404
    assert "no longer available" in text_of(client, f"{LIVE}1/", **HTMX)
    call = delivered()
    assert client.get(f"/playground/live/{call.id}/").status_code == 404


# --- Problems over time ---


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_problems_are_listed_by_cause(client: Client, headers: dict[str, str]) -> None:
    lines = ["data.0.type is invalid. It is odd.", "data.1.type is invalid. It is odd."]
    calls.push([delivery(status=422, lines=lines), delivery(status=413)])
    page = text_of(client, PROBLEMS, **headers)
    causes = re.findall(r"</svg>(?:<code>(\w*)</code> )?([^<]+)</td>\s*<td class=\"is-number\">(\d+)", page)
    assert causes == [("type", "It is odd.", "2"), ("", "The call is too large.", "1")]


def test_without_problems_the_page_says_so(client: Client) -> None:
    calls.push([delivery()])
    assert re.search(r"data-calm>.*No problems in the last hour", text_of(client, LIVE))


@pytest.mark.parametrize(("hours", "bars"), [(1, 60), (6, 72), (24, 96)])
def test_the_chart_has_a_bar_for_each_step_of_the_period(client: Client, hours: int, bars: int) -> None:
    calls.push([delivery(at=datetime.now(UTC) - timedelta(minutes=50), status=413)])
    table = text_of(client, f"{PROBLEMS}?hours={hours}&format=csv").splitlines()
    assert table[0] == '\ufeff"start (UTC)","The call is too large."'
    assert len(table) == 1 + bars and sum(int(line.split(",")[1]) for line in table[1:]) == 1


def test_the_problems_are_in_the_zone_of_the_environment(client: Client) -> None:
    Environment.objects.filter(slug="production").update(time_zone="Asia/Kolkata")
    calls.push([delivery(status=413)])
    page = html.unescape(text_of(client, PROBLEMS, **HTMX))
    assert '"zone": "Asia/Kolkata"' in page and re.search(r'"\d{4}-\d\d-\d\dT\d\d:\d\d\+05:30"', page)
    table = text_of(client, f"{PROBLEMS}?format=csv").splitlines()
    assert "start (Asia/Kolkata)" in table[0] and table[1].split(",")[0].endswith('+05:30"')


def test_causes_beyond_the_colours_are_drawn_as_one(client: Client) -> None:
    calls.push([delivery(status=422, lines=[f"data.0.f{n} is invalid. It is odd." for n in range(9)])])
    page = text_of(client, PROBLEMS, **HTMX)
    assert "Other causes" in page and page.count("It is odd.</td>") == 9


# --- Redis away ---


def test_without_redis_the_pages_say_so(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    for address in (LIVE, f"{LIVE}7/", PROBLEMS):
        answer = client.get(address)
        assert answer.status_code == 503 and "Calls are still accepted" in answer.content.decode()
    assert since(client, 1).status_code == 503


# --- Calls without a valid key ---


def test_owners_of_every_environment_see_calls_without_a_valid_key(client: Client) -> None:
    turned_away = {"environment": calls.UNKNOWN, "status": 401, "reason": "It is not known.", "body": b""}
    calls.push([delivery(path="/v1/x?api_key=k", **turned_away)])
    assert "without a valid key" not in text_of(client, LIVE)
    client.force_login(cast.owner())
    for environment in ("production", "playground"):
        page = text_of(client, f"/{environment}/live/")
        assert "<strong>1 call without a valid key</strong>" in page
        assert "POST /v1/x</code>" in page


def test_a_record_nested_deep_is_shown_in_little_more_than_it_is() -> None:
    """Each line indented by its depth, 64 KB became a page of 47 MB."""
    text = "[" * 400 + "1," * 5_000 + "1" + "]" * 400
    shown = Anatomy.of(delivered(body=b'{"data":[%s]}' % text.encode()))
    assert shown
    rows = [row.text for record in shown.fine + shown.wrong for row in record.rows]
    assert len(rows) == 2 * 400 + 5_001
    assert sum(map(len, rows)) < 50 * len(text)


def test_a_call_of_a_connected_tool_shows_the_interactions_that_were_made_of_it(client: Client) -> None:
    call = delivered(
        path="/v1/connect/segment",
        records=1,
        lines=["data.1.rating is invalid. like has no such field."],
        body=body_of({"type": "like", "user_id": "ann"}, {"type": "like", "rating": 5}),
    )
    page = text_of(client, f"/production/live/{call.id}/")
    assert "A connected tool sent this." in page
    assert "those with problems were refused, the others stored" in page
    assert "curl http://testserver/v1/interactions " in page
