"""The read API: the reports of the pages, by keys that may read."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from interactions.analytics.data_sets import IndexBeingBuilt
from interactions.analytics.index import custom_keys
from interactions.analytics.reports.breakdowns import Subject
from interactions.api import limits, turns
from interactions.api.errors import CallRefused
from interactions.console.dashboard.tables import TABLES
from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry, ApiKey, Cohort, DeletionRequest, Environment, Tombstone
from interactions.questions import question
from interactions.questions.names import REPORTS, SUBJECTS
from interactions.questions.parts import PLAIN_NAMES
from tests.api.report_calls import Ask, ask, key, rows, shop
from tests.lakes import append, key_of, record
from tests.traffic import REFUND

__all__ = ["ask", "key", "shop"]

Scope = ApiKey.Scope
FILTERED = [each.name for each in REPORTS.values() if each.is_filtered]


# --- Who may ---


def test_a_key_that_may_not_read_is_refused_with_what_it_needs(client: Client, key: Callable[..., str]) -> None:
    answer = client.get("/v1/reports/totals", headers={"X-API-KEY": key(Scope.WRITE, Scope.DELETE)})
    assert answer.status_code == 403
    assert answer.json() == {"message": "This needs a key with the scope read. This key has: write, delete."}


def test_a_publishable_key_never_reads(client: Client, publishable: str) -> None:
    assert client.get("/v1/reports/totals", headers={"X-API-KEY": publishable}).status_code == 403


def test_keys_from_before_scopes_send_and_delete_and_do_not_read(client: Client, secret: str, shop: None) -> None:
    assert client.get("/v1/reports/totals", headers={"X-API-KEY": secret}).status_code == 403


@pytest.mark.parametrize("name", [each.name for each in REPORTS.values() if each.of_people])
def test_reports_about_people_need_a_key_that_may_see_them(
    client: Client, key: Callable[..., str], shop: None, name: str
) -> None:
    assert client.get(f"/v1/reports/{name}", headers={"X-API-KEY": key(Scope.READ)}).status_code == 403
    may = client.get(f"/v1/reports/{name}", headers={"X-API-KEY": key(Scope.READ, Scope.PEOPLE)})
    assert may.status_code == 200


def test_somebodys_records_need_a_key_that_may_see_people_and_are_noted(
    client: Client, key: Callable[..., str], shop: None
) -> None:
    address = f"/v1/reports/totals?user={Person(user_key=key_of('ann')).address}"
    assert client.get(address, headers={"X-API-KEY": key(Scope.READ)}).status_code == 403
    answer = client.get(address, headers={"X-API-KEY": key(Scope.READ, Scope.PEOPLE)})
    assert rows(answer)[0]["interactions"] == 3
    entry = ActivityEntry.objects.get(action=ActivityEntry.Action.PERSON_VIEWED)
    assert entry.actor_kind == "key" and entry.actor.startswith("Reader") and "ann" not in str(entry.details)


# --- What is answered ---


def test_totals_are_those_of_the_dashboard_with_the_period_before(ask: Ask, shop: None) -> None:
    answer = ask("totals", "from=2024-01-02&to=2024-01-02").json()
    assert answer["report"] == "totals" and answer["environment"] == "production"
    assert answer["period"] == {"start": "2024-01-02T00:00:00+00:00", "end": "2024-01-03T00:00:00+00:00"}
    now, before = answer["rows"][0], answer["before"]["rows"][0]
    assert (now["interactions"], now["goals"], now["gross_revenue"]) == (1, 1, 10.0)
    assert (before["interactions"], before["searches"], before["gross_revenue"]) == (2, 1, 0.0)
    assert answer["before"]["period"]["start"] == "2024-01-01T00:00:00+00:00"


def test_net_revenue_is_gross_revenue_minus_refunds_with_an_amount(ask: Ask, shop: None) -> None:
    money = ("gross_revenue", "refunds", "net_revenue")
    assert [rows(ask("totals"))[0][name] for name in money] == [12.5, 0.0, None]
    append([record("refund", "2024-01-04T10:00:00Z", user_id="ann", extra=REFUND % 4.25)])
    assert [rows(ask("totals"))[0][name] for name in money] == [12.5, 4.25, 8.25]
    bars = rows(ask("totals_over_time", "unit=day"))
    assert [[bar[name] for name in money] for bar in bars] == [
        [0.0, 0.0, 0.0], [10.0, 0.0, 10.0], [0.0, 0.0, 0.0], [2.5, 4.25, -1.75],
    ]  # fmt: skip


def test_nothing_is_compared_where_that_is_not_wanted_or_data_begins_within(ask: Ask, shop: None) -> None:
    assert ask("totals", "from=2024-01-02&to=2024-01-02&compare=no").json()["before"] is None
    assert ask("totals", "from=2024-01-01&to=2024-01-02").json()["before"] is None


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_answers_as_json_and_csv_with_the_same_columns(
    client: Client, key: Callable[..., str], shop: None, name: str
) -> None:
    headers = {"X-API-KEY": key(Scope.READ, Scope.PEOPLE)}
    answer = client.get(f"/v1/reports/{name}", headers=headers)
    found = rows(answer)
    assert all(list(row) == answer.json()["columns"] for row in found)
    table = client.get(f"/v1/reports/{name}?format=csv", headers=headers)
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(table.content.decode())))
    assert lines[0] == answer.json()["columns"] and len(lines) == len(found) + 1


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_answers_for_an_empty_environment(client: Client, key: Callable[..., str], name: str) -> None:
    answer = client.get(f"/v1/reports/{name}", headers={"X-API-KEY": key(Scope.READ, Scope.PEOPLE)})
    assert answer.status_code == 200 and isinstance(answer.json()["rows"], list)


def test_reports_take_a_cohort_by_the_number_that_the_report_of_cohorts_says(ask: Ask, shop: None) -> None:
    here = Environment.objects.get(slug="production")
    buyers = Cohort.objects.create(environment=here, name="Lately", rules=[{"types": ["checkout"], "days": 1}])
    assert ask("cohorts").json()["rows"] == [{"cohort": buyers.pk, "name": "Lately", "people": 1}]
    assert ask("totals", f"cohort={buyers.pk}&period=30d").json()["rows"][0]["interactions"] == 1
    assert ask("totals", f"cohort!={buyers.pk}").json()["rows"][0]["interactions"] == 3
    assert ask("totals", "cohort=4711").status_code == 400


def test_every_panel_of_the_dashboard_has_its_report() -> None:
    assert set(TABLES.values()) <= set(FILTERED)
    assert tuple(Subject) == SUBJECTS and all(REPORTS[name].is_ranking for name in SUBJECTS)


def test_bars_and_days_are_those_of_the_zone(ask: Ask, shop: None) -> None:
    bars = rows(ask("over_time", "unit=day&split=type&from=2024-01-04&zone=Europe/Berlin"))
    assert [bar["start"] for bar in bars] == ["2024-01-04T00:00:00+01:00", "2024-01-05T00:00:00+01:00"]
    assert [bar.get("checkout") for bar in bars] == [0, 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("region=Kent", 3), ("region!=Kent", 1), ("region=Kent&region=Bath", 4), ("type=checkout", 2),
        ("group=conversion&region!=Bath", 1), ("page=SHOP.example", 3), ("product=p2", 1), ("period=24h", 1),
        ("to=2024-01-01", 2), ("origin=live", 0), ("device=unknown", 4),
    ],
)  # fmt: skip
def test_filters_are_those_of_the_pages(ask: Ask, shop: None, query: str, found: int) -> None:
    assert rows(ask("totals", query))[0]["interactions"] == found


def test_a_key_of_custom_context_filters_once_it_is_indexed(ask: Ask) -> None:
    append([record("like", extra='{"context":{"custom_context":{"plan":"gold"}}}'), record("like")])
    first = ask("totals", "custom.plan=gold")
    assert (first.status_code, first["Retry-After"]) == (503, "5") and "custom_context.plan" in first.json()["message"]
    assert rows(ask("totals", "custom.plan=gold"))[0]["interactions"] == 1


def test_a_key_of_custom_context_that_no_record_has_is_refused_and_makes_no_index(ask: Ask) -> None:
    append([record("like", extra='{"context":{"custom_context":{"plan":"gold"}}}')])
    answer = ask("totals", "custom.weather=rain")
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("has the key 'weather' in custom_context. They have: plan.")
    assert custom_keys.wanted("production") == ()


def test_a_ranking_has_as_many_rows_as_asked_for_and_one_for_the_others(ask: Ask, shop: None) -> None:
    found = rows(ask("products", "limit=1"))
    assert [(row["product_id"], row["is_other"]) for row in found] == [("p1", False), (None, True)]


def test_hidden_people_are_in_no_report(ask: Ask, shop: None, production: Environment) -> None:
    request = DeletionRequest.objects.create(environment=production)
    Tombstone.objects.create(request=request, environment=production, user_key=key_of("ann"), at=timezone.now())
    assert rows(ask("totals"))[0]["interactions"] == 1


def test_a_formula_in_a_csv_is_made_harmless(ask: Ask, shop: None) -> None:
    assert "'=cmd()" in ask("campaigns", "format=csv").content.decode()


def test_the_form_follows_the_accept_header_and_the_query_comes_first(ask: Ask, shop: None) -> None:
    assert ask("by_type", Accept="text/csv")["Content-Type"].startswith("text/csv")
    assert ask("by_type", "format=json", Accept="text/csv")["Content-Type"] == "application/json"
    assert ask("by_type", Accept="text/html,*/*")["Content-Type"] == "application/json"
    assert "Accept" in ask("by_type")["Vary"]


# --- What is refused ---


def test_an_unknown_report_is_answered_with_those_there_are(ask: Ask) -> None:
    answer = ask("weather")
    assert answer.status_code == 404
    assert "'weather'" in answer.json()["message"] and "totals, totals_over_time" in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (
            "colour=red",
            "There are: api_key, format, zone, unit, split, compare, step, period, from, to, group, type",
        ),
        ("type=dance", "Unknown type: dance."),
        ("period=1y", "it can be all, 24h"),
        ("period=7d&period=30d", "more than once"),
        ("from=yesterday", "isn't a date"),
        ("from=2024-02-01&to=2024-01-01", "ends before it starts"),
        ("unit=minute", "it can be hour"),
        ("unit=hour&from=1990-01-01&to=2020-01-01", "unit=hour doesn't fit this period. It can be"),
        ("zone=Mars/Olympus", "isn't a time zone"),
        ("zone=../../etc/passwd", "isn't a time zone"),
        ("format=xml", "format can be json or csv"),
        ("step=search", "step can be shop or content"),
        ("step=search,dance", "Unknown type: dance."),
        ("device=fridge", "it can be"),
        ("import=x", "isn't a number"),
        ("limit=5", "no parameter 'limit'"),
        ("user=ann", "can't have ids"),
        ("custom.=x", "custom_context"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(ask: Ask, shop: None, query: str, says: str) -> None:
    answer = ask("totals", query)
    assert answer.status_code == 400
    assert list(answer.json()) == ["message"] and says in answer.json()["message"]


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "1e3", "²", "9" * 5000])
def test_a_limit_out_of_bounds_is_refused(ask: Ask, limit: str) -> None:
    answer = ask("products", f"limit={limit}")
    assert answer.status_code == 400 and "from 1 to 10,000" in answer.json()["message"]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        *(
            ("paths", query)
            for query in ("field=user", "start=dance", "steps=9", "within=1y", "count=all", "window=1d")
        ),
        *(("funnel", query) for query in ("window=1y", "breakdown=weather", "within=1d", "step=search")),
    ],
)
def test_options_of_paths_and_funnels_are_checked(ask: Ask, shop: None, name: str, query: str) -> None:
    answer = ask(name, query)
    assert answer.status_code == 400 and list(answer.json()) == ["message"]


def test_reports_without_a_filter_refuse_one(ask: Ask) -> None:
    assert ask("growth", "region=Kent").status_code == 400


def test_a_report_that_is_not_ready_says_when_to_try_again(
    ask: Ask, shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise IndexBeingBuilt

    monkeypatch.setattr(question, "settled", busy)
    answer = ask("totals")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "for the first time" in answer.json()["message"]


def test_calls_are_counted_as_all_others(
    ask: Ask, settings: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    monkeypatch.setattr(limits, "_counter", limits._Counter())
    monkeypatch.setattr(limits.time, "time", lambda: 2_000_000_000.0 + 60 * ApiKey.objects.latest("pk").pk)
    assert [ask("totals").status_code for _ in range(4)] == [200, 200, 429, 429]


def test_a_few_calls_read_at_once_and_no_more_may_wait(ask: Ask, shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 0.0)
    with ExitStack() as others:
        for _ in range(turns.AT_ONCE):
            assert ask("totals").status_code == 200
            others.enter_context(turns.reading())
        answer = ask("totals")
        assert (answer.status_code, answer["Retry-After"]) == (503, "2") and "one after another" in answer.json()[
            "message"
        ]
    assert ask("totals").status_code == 200


def test_who_may_not_even_wait_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_line", threading.BoundedSemaphore(1))
    with turns.reading(), pytest.raises(CallRefused), turns.reading():
        pass
    with turns.reading():
        pass


def test_the_reports_are_listed(client: Client, key: Callable[..., str]) -> None:
    answer = client.get("/v1/reports", headers={"X-API-KEY": key(Scope.READ)})
    assert [each["name"] for each in answer.json()["reports"]] == list(REPORTS)


def test_only_reading_is_allowed(client: Client, key: Callable[..., str]) -> None:
    answer = client.post("/v1/reports/totals", headers={"X-API-KEY": key(Scope.READ)})
    assert answer.status_code == 405 and "GET" in answer["Allow"]


def test_the_documented_options_are_those_that_are_understood() -> None:
    from interactions.api.report_reference import CALLS
    from interactions.questions import paths

    report = next(call for call in CALLS if call.id == "readReport")
    values = {option.name: set(option.schema.get("enum", ())) for option in report.options}
    assert values["within"] == {paths.SESSION, *paths.DAYS} and values["window"] == set(paths.WINDOWS)
    assert {*paths.PATHS, *paths.WINDOW} <= set(values)
    assert REPORTS["paths"].options == paths.PATHS and REPORTS["funnel"].options == paths.WINDOW


def test_the_documented_parameters_are_those_of_the_filter() -> None:
    from interactions.api.report_reference import FILTER

    assert {option.name for option in FILTER} == set(PLAIN_NAMES)
