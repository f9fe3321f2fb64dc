"""The weekly summary: Mondays at eight, once to each who chose it, with the week's figures and nobody's id."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from interactions import tasks
from interactions.errors import DataNotReady
from interactions.models import Environment, Notification, NotificationDelivery
from interactions.notifications import weekly
from interactions.product_names import change
from tests import cast, lakes
from tests.ingest.imports.house import House
from tests.lakes import record

from .receivers import Mailbox
from .told import own

MONDAY = datetime(2024, 3, 18, 8, tzinfo=UTC)


@pytest.fixture
def shop(house: House, environment: Environment) -> None:
    """Two weeks of records of a few people."""
    rows = [
        record("product_detail_page_view", f"2024-03-1{day}T12:00:00Z", user_id=f"ann-{day}", product_ids=["tea"])
        for day in range(1, 8)
    ]
    rows.append(record("checkout", "2024-03-12T12:05:00Z", user_id="ann-2", product_ids=["tea"], revenue=30.0))
    rows += [record("like", "2024-03-05T12:00:00Z", user_id=f"bob-{n}", product_ids=["tea"]) for n in range(4)]
    rows += [
        record("like", "2024-03-18T00:00:00Z", user_id="late"),
        record("like", "2024-03-03T23:59:59Z", user_id="early"),
    ]
    lakes.append(rows)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (MONDAY - timedelta(seconds=1), None),
        (MONDAY, date(2024, 3, 18)),
        (MONDAY + timedelta(hours=39), date(2024, 3, 18)),
        (MONDAY + timedelta(hours=40), None),
        (MONDAY - timedelta(days=1), None),
    ],
)
def test_it_is_due_on_mondays_from_eight_on(environment: Environment, now: datetime, due: date | None) -> None:
    assert weekly.due_week(environment, now) == due


def test_eight_is_eight_in_the_environments_zone_whatever_its_clocks_do(environment: Environment) -> None:
    environment.time_zone = "Europe/Berlin"
    for day in (date(2024, 3, 25), date(2024, 4, 1)):  # clocks change on 31 March
        eight = datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo("Europe/Berlin"))
        assert weekly.due_week(environment, eight.astimezone(UTC)) == day
        assert weekly.due_week(environment, eight.astimezone(UTC) - timedelta(minutes=1)) is None


def test_it_compares_the_week_with_the_week_before(shop: None, environment: Environment) -> None:
    summary = weekly.summary_of(environment, MONDAY.date())
    assert [(each.label, each.text, each.before, each.change) for each in summary.figures] == [
        ("Records", "8", "4", "+100.0%"),
        ("People", "7", "4", "+75.0%"),
        ("Sessions", "7", "4", "+75.0%"),
        ("Revenue", "30", "0", "–"),
    ]
    assert (summary.first, summary.last) == (date(2024, 3, 11), date(2024, 3, 17))
    assert summary.types[0] == ("product_detail_page_view", "7")
    assert summary.products == [("tea", "7")]


def test_it_has_the_names_of_products(shop: None, environment: Environment) -> None:
    change.use(change.upload(environment, b"id,name\ntea,Green tea\n", "names.csv", cast.owner()))
    assert weekly.summary_of(environment, MONDAY.date()).products == [("Green tea · tea", "7")]


def test_it_is_mailed_once_to_each_who_chose_it(
    shop: None, house: House, environment: Environment, mailbox: Mailbox, settings: object
) -> None:
    settings.PUBLIC_URL = "https://dojo.example"  # type: ignore[attr-defined]
    own(environment, is_weekly=True)
    own(environment, cast.viewer())
    for _ in range(3):  # two schedulers, and a restart
        house.ask(weekly.send_due, MONDAY)
        house.carry()
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("olga@example.com", "Production: Mar 11 to Mar 17")
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert set(parts) == {"text/plain", "text/html"}
    for text in parts.values():
        assert (
            "+100.0%" in text
            and "tea" in text
            and "https://dojo.example/production/interactions/?from=2024-03-11" in text
        )
        assert "ann-" not in text and "bob-" not in text
    house.ask(weekly.send_due, MONDAY + timedelta(days=7))
    house.carry()
    assert len(mailbox.mails) == 2


def test_nobody_gets_it_who_did_not_choose_it(shop: None, house: House, environment: Environment) -> None:
    own(environment)
    house.ask(weekly.send_due, MONDAY)
    assert not Notification.objects.exists()


def test_who_has_no_role_any_more_does_not_get_it(shop: None, house: House, environment: Environment) -> None:
    own(environment, cast.stranger(), is_weekly=True)
    house.ask(weekly.send_due, MONDAY)
    assert not NotificationDelivery.objects.exists()


def test_it_is_sent_where_there_are_no_records(house: House, environment: Environment, mailbox: Mailbox) -> None:
    own(environment, is_weekly=True)
    house.ask(weekly.send_due, MONDAY)
    house.carry()
    assert "Records: 0" in mailbox.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_what_cannot_be_counted_yet_waits(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def building(*_: object) -> None:
        raise DataNotReady("Not yet.")

    own(environment, is_weekly=True)
    monkeypatch.setattr(weekly, "summary_of", building)
    weekly.send_due(MONDAY)
    assert not Notification.objects.exists()
    tasks.send_weekly_summaries()
