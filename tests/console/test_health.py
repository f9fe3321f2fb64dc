"""The Health page, its thresholds, and what the wizard's last step says of an import."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from interactions.models import Block, Environment, Import, Problem
from interactions.readiness import RULE, Overall, Verdict, changes, report
from interactions.readiness import THRESHOLDS as DEFAULTS
from tests.lakes import append, record
from tests.pages import HTMX, State, made, page_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/interactions/health/"
THRESHOLDS = f"{PAGE}thresholds/"


def production() -> Environment:
    return Environment.objects.get(slug="production")


def views(days: int, *, import_id: int = 1) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    stamps = [(start + timedelta(days=day)).isoformat() for day in range(days)]
    append(
        [record("product_detail_page_view", at, user_id="u1", product_ids=["p1"]) for at in stamps], import_id=import_id
    )


def test_the_page_comes_at_once_and_asks_for_its_checks(admin_client: Client) -> None:
    page = text_of(admin_client, PAGE)
    assert f'hx-get="{PAGE}"' in page
    assert "Length of history" not in page


def test_the_checks_come_as_a_fragment(admin_client: Client) -> None:
    views(30)
    fragment = text_of(admin_client, PAGE, **HTMX)
    assert "<html" not in fragment
    assert "Not yet ready" in fragment  # no carts, no consumption
    assert "30 days from the first record to the last." in fragment


def test_without_scripts_page_and_checks_come_in_one(admin_client: Client) -> None:
    views(3)
    page = text_of(admin_client, f"{PAGE}?figures=now")
    assert "<html" in page
    assert "3 days from the first record to the last." in page


def test_an_empty_environment_is_told_what_the_page_is_for(admin_client: Client) -> None:
    assert "Nothing to check yet" in text_of(admin_client, PAGE, **HTMX)


def test_causes_of_rejects_are_those_of_the_last_imports() -> None:
    views(3)
    imp = made(State.DONE_WITH_REJECTS, records=100, accepted=80, rejected=20)
    block = Block.objects.create(of=imp, number=0, start=0, end=100, state=Block.State.DONE)
    Problem.objects.create(block=block, path="timestamp", rule="It is no date.", count=20, index=0, offset=0)
    check = next(c for c in report(Environment.objects.get(slug="production")).checks if c.name == "rejected")
    assert (check.value, check.verdict) == (0.2, Verdict.POOR)
    assert [(cause.path, cause.count) for cause in check.causes] == [("timestamp", 20)]


def test_thresholds_are_kept_for_this_environment_alone(admin_client: Client) -> None:
    form = admin_client.get(THRESHOLDS).context["form"]
    given = {name: form[name].initial for name in form.fields} | {"span_good": "20", "span_poor": "10"}
    assert admin_client.post(THRESHOLDS, given).status_code == 302
    assert Environment.objects.get(slug="production").thresholds == {"span": [20, 10]}
    assert Environment.objects.get(slug="playground").thresholds == {}


def test_a_share_is_given_in_percent(admin_client: Client) -> None:
    form = admin_client.get(THRESHOLDS).context["form"]
    assert form["with_user_good"].initial == 10
    given = {name: form[name].initial for name in form.fields} | {"with_user_good": "12.5"}
    admin_client.post(THRESHOLDS, given)
    assert Environment.objects.get(slug="production").thresholds == {"with_user": [0.125, 0.01]}


def test_poor_has_to_be_worse_than_good(admin_client: Client) -> None:
    form = admin_client.get(THRESHOLDS).context["form"]
    given = {name: form[name].initial for name in form.fields} | {"span_good": "10", "span_poor": "20"}
    page = admin_client.post(THRESHOLDS, given)
    assert "Higher is better here: poor must be below good." in page.content.decode()
    assert Environment.objects.get(slug="production").thresholds == {}


def test_the_usual_thresholds_can_be_had_back(admin_client: Client) -> None:
    Environment.objects.filter(slug="production").update(thresholds={"span": [20, 10]})
    admin_client.post(THRESHOLDS, {"reset": "1"})
    assert Environment.objects.get(slug="production").thresholds == {}


def test_enter_in_a_field_saves_the_thresholds(admin_client: Client) -> None:
    """It presses the form's first button, which must not be the one that takes all changes back."""
    form = text_of(admin_client, THRESHOLDS).split('<form class="card thresholds"')[1]
    first = re.search(r'<button[^>]*type="submit"[^>]*>([^<]*)<', form)
    assert first and first[1] == "Save"


def test_changed_thresholds_change_the_verdict() -> None:
    views(30)
    here = Environment.objects.get(slug="production")
    here.thresholds = {"span": [30, 10]}
    assert next(c for c in report(here).checks if c.name == "span").verdict is Verdict.GOOD


def test_an_import_that_lengthens_the_history_is_told_so(admin_client: Client) -> None:
    views(20, import_id=900)
    imp = made(State.DONE, records=100, accepted=100)
    views(100, import_id=imp.pk)
    before, after, found = changes(imp)
    assert (before.records, after.records) == (20, 120)
    assert [change.after.name for change in found] == ["span"]
    assert (found[0].before.verdict, found[0].after.verdict) == (Verdict.POOR, Verdict.GOOD)
    page = text_of(admin_client, page_of("import_health", imp))
    assert "was 20 days" in page


def test_the_first_import_is_not_compared_with_nothing(admin_client: Client) -> None:
    imp = made(State.DONE, records=100, accepted=100)
    views(100, import_id=imp.pk)
    assert changes(imp)[0].overall is Overall.NOT_YET
    page = text_of(admin_client, page_of("import_health", imp))
    assert "was" not in page.split("Health of")[1]
    assert "checks are good" in page


def test_the_same_number_of_checks_is_named_everywhere(admin_client: Client) -> None:
    imp = made(State.DONE, records=100, accepted=100)
    views(100, import_id=imp.pk)
    count, good = len(report(production()).checks), report(production()).tally["good"]
    page = text_of(admin_client, PAGE, **HTMX)
    assert page.count('class="health-check ') == count == len(DEFAULTS)
    assert f"the {count} checks" in page
    assert f"{good} of {count} checks are good" in text_of(admin_client, "/production/overview/health/")
    assert f"{good} of {count} checks are good" in text_of(admin_client, page_of("import_health", imp))


def test_the_page_says_how_the_verdict_follows_from_the_checks(admin_client: Client) -> None:
    views(30)
    page = html.unescape(text_of(admin_client, PAGE, **HTMX))
    assert all(words in page for words in RULE.values())
    assert page.count("essential</em>") == sum(check.essential for check in report(production()).checks) > 4


@pytest.mark.parametrize("state", [State.FAILED, State.UNDONE, State.LOADING])
def test_an_import_that_is_not_in_the_data_changed_nothing(admin_client: Client, state: str) -> None:
    assert text_of(admin_client, page_of("import_health", made(state, accepted=5))) == ""


def test_the_last_step_of_the_wizard_asks_for_it(admin_client: Client) -> None:
    imp: Import = made(State.DONE, records=5, accepted=5)
    assert reverse("import_health", args=["production", imp.pk]) in text_of(admin_client, page_of("import_load", imp))
