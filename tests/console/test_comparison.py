"""Figures are compared only with what can be compared, and dates that can hardly be right rule no page."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from interactions.analytics.periods import Period, Unit, horizon
from interactions.analytics.reports.reach import is_over
from interactions.models import Environment, Import
from tests import figures
from tests.lakes import append, record

pytestmark = pytest.mark.usefixtures("own_cache", "own_folders")

PAGE = "/production/interactions/"
FRAGMENT = {"HX-Request": "true"}


def shown(client: Client, query: str = "") -> str:
    return html.unescape(client.get(f"{PAGE}?{query}", headers=FRAGMENT).content.decode())


def figure(page: str, name: str = "interactions") -> str:
    return re.search(rf'data-figure="{name}"[^>]*>([^<]*)<', page)[1]


def changes(page: str) -> list[str]:
    """What the tiles say of the period before."""
    parts = re.findall(r'<dd class="tile-change">(.*?)</dd>', page)
    return [re.sub(r"<[^>]+>", "", part).strip() for part in parts]


def bars(page: str) -> dict:
    return json.loads(re.search(r'<script id="over-time-data"[^>]*>(.*?)</script>', page)[1])


def on(day: str, count: int, name: str = "like", **columns: object) -> list[dict]:
    return [record(name, f"{day}T{place % 24:02}:{place // 24 % 60:02}:00Z", **columns) for place in range(count)]


# --- Comparing ---


def test_where_the_period_before_has_no_data_the_page_says_so(viewer: Client) -> None:
    append(on("2024-11-28", 1) + on("2024-12-01", 85))
    page = shown(viewer, "from=2024-12-01&to=2024-12-05")
    assert set(changes(page)) == {"no data before Nov 28"}
    assert 'class="change' not in page and ">Change</th>" not in page


def test_a_period_that_the_data_covers_is_compared(viewer: Client) -> None:
    append(on("2024-11-28", 2) + on("2024-12-01", 3))
    page = shown(viewer, "from=2024-12-01&to=2024-12-03")
    assert changes(page)[0] == "+50.0% vs. previous period"
    assert "Compared with Nov 28 – 30, 2024" in page


def test_a_period_is_compared_with_the_same_days_of_last_year(viewer: Client) -> None:
    append(on("2023-12-01", 2) + on("2024-11-28", 9) + on("2024-12-01", 3))
    page = shown(viewer, "from=2024-12-01&to=2024-12-03&compare=year")
    assert changes(page)[0] == "+50.0% vs. last year"
    assert "Compared with Dec 1 – 3, 2023" in page


@pytest.mark.parametrize(
    ("start", "end", "zone", "expected"),
    [
        ("2024-02-29T00:00Z", "2024-03-02T00:00Z", "UTC", ("2023-02-28T00:00Z", "2023-03-02T00:00Z")),
        ("2025-03-01T00:00Z", "2025-03-02T00:00Z", "UTC", ("2024-03-01T00:00Z", "2024-03-02T00:00Z")),
        # Midnight in Vienna, where the clocks changed on other days of the two years.
        ("2025-03-29T23:00Z", "2025-03-30T22:00Z", "Europe/Vienna", ("2024-03-29T23:00Z", "2024-03-30T23:00Z")),
        ("2024-05-01T10:30Z", "2024-05-01T12:00Z", "UTC", ("2023-05-01T10:30Z", "2023-05-01T12:00Z")),
    ],
)
def test_the_same_days_of_last_year_are_those_of_the_calendar(
    start: str, end: str, zone: str, expected: tuple[str, str]
) -> None:
    period = Period(datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert period.year_before(ZoneInfo(zone)) == Period(*map(datetime.fromisoformat, expected))


def test_an_open_period_has_no_last_year() -> None:
    assert Period(None, datetime(2024, 1, 1, tzinfo=UTC)).year_before() is None
    assert Period(datetime(1, 1, 1, tzinfo=UTC), datetime(1, 2, 1, tzinfo=UTC)).year_before() is None


def test_a_change_beyond_a_thousand_percent_gives_both_figures(viewer: Client) -> None:
    append(on("2024-11-28", 2) + on("2024-12-01", 85) + on("2024-12-01", 3, "read"))
    page = shown(viewer, "from=2024-12-01&to=2024-12-03")
    assert changes(page)[0] == "from 2" and 'title="2 → 88"' in page
    assert "×" not in page
    table = re.search(r'<tr data-name="read".*?</tr>', page, re.DOTALL)[0]
    assert ">new</span>" in table


def test_nothing_after_nothing_is_no_change(viewer: Client) -> None:
    append(on("2024-11-28", 2) + on("2024-12-01", 2))
    found = changes(shown(viewer, "from=2024-12-01&to=2024-12-03"))
    assert (found[0], found[4]) == ("0.0% vs. previous period", "–")  # interactions, searches


def test_this_month_is_compared_with_the_same_days(viewer: Client) -> None:
    append(on("2024-11-01", 2) + on("2024-11-20", 90) + on("2024-12-01", 1) + on("2024-12-05", 2))
    page = shown(viewer, "period=month")
    assert "Compared with Nov 1 – 5, 2024" in page and "Dec 1 – 5, 2024" in page
    assert changes(page)[0] == "+50.0% vs. previous period"


def test_an_old_stray_record_does_not_make_a_period_comparable(viewer: Client) -> None:
    append([*on("1970-01-01", 1), *on("2024-11-30", 2), *on("2024-12-01", 85)])
    assert set(changes(shown(viewer, "from=2024-12-01&to=2024-12-05"))) == {"no data before Nov 30"}


# --- Dates in the future ---


def stamp(moment: datetime) -> str:
    return moment.isoformat()


def test_records_dated_in_the_future_are_left_out_counted_and_shown_on_demand(viewer: Client) -> None:
    now = timezone.now()
    append([record("like", stamp(now - timedelta(days=day)), user_id="u1") for day in range(20)])
    append([record("read", f"{year}-01-01T00:00:00Z") for year in (2031 + now.year - 2026, 2999, 9999)])
    page = shown(viewer)
    assert figure(page) == "20" and bars(page)["unit"] == "day"
    assert len(bars(page)["option"]["xAxis"]["data"]) <= 21
    line = re.search(r"data-later>.*?</div></div>", page, re.DOTALL)[0]
    assert "3 records are dated in the future." in line
    link = re.search(r'href="([^"]+)"[^>]*>Show them<', line)[1]
    later = shown(viewer, link.removeprefix("?"))
    assert figure(later) == "3" and 'data-name="read"' in later and 'data-name="like"' not in later
    assert len(bars(later)["option"]["xAxis"]["data"]) <= 300
    assert figure(shown(viewer, "period=7d")) == "7"


def test_a_record_of_today_or_tomorrow_is_not_of_the_future(viewer: Client) -> None:
    now = timezone.now()
    append([record("like", stamp(now)), record("like", stamp(now + timedelta(hours=20)))])
    page = shown(viewer)
    assert figure(page) == "2" and "dated in the future" not in page


def test_presets_count_back_from_now_where_there_are_later_records(viewer: Client) -> None:
    now = timezone.now().replace(microsecond=0)
    append([record("like", stamp(now - timedelta(hours=30))), record("like", stamp(now - timedelta(minutes=1)))])
    append([record("like", stamp(now + timedelta(days=400)))])
    assert figure(shown(viewer, "period=24h")) == "1"


def test_only_future_records_leave_an_empty_page_with_the_line(viewer: Client) -> None:
    append([record("like", "2999-01-01T00:00:00Z")])
    page = shown(viewer)
    assert figure(page) == "0" and "1 record is dated in the future." in page and ">Show it<" in page


def test_the_line_counts_what_the_filter_lets_through(viewer: Client) -> None:
    append(
        [record("like", "2024-01-01T00:00:00Z"), *(record(name, "2999-01-01T00:00:00Z") for name in ("like", "read"))]
    )
    assert "1 record is dated in the future." in shown(viewer, "type=read")
    assert "dated in the future" not in shown(viewer, "type=share")


def test_the_list_of_records_has_them_all(viewer: Client) -> None:
    append([record("like", "2024-01-01T00:00:00Z"), record("read", "2999-01-01T00:00:00Z")])
    rows = viewer.get(f"{PAGE}records/").content.decode()
    assert rows.count("data-record") == 2 or ("2999" in rows and "2024" in rows)
    assert "2999" not in viewer.get(f"{PAGE}records/?period=7d").content.decode()


def test_lone_records_before_2000_are_left_out_counted_and_shown_on_demand(viewer: Client) -> None:
    append([*on("1970-01-01", 1), *on("2024-11-30", 2)])
    page = shown(viewer)
    assert bars(page)["unit"] == "hour" and figure(page) == "2"
    line = re.search(r"data-earlier>.*?</div></div>", page, re.DOTALL)[0]
    assert "1 record is dated before 2000." in line and "leave it out" not in line
    link = re.search(r'href="([^"]+)"[^>]*>Show it<', line)[1]
    assert figure(shown(viewer, link.removeprefix("?"))) == "1"
    assert "data-earlier" not in shown(viewer, "period=7d")
    assert "See 1 record dated before 2000" in viewer.get("/production/").content.decode()


def test_lone_records_far_before_the_rest_are_left_out_whatever_their_year(viewer: Client) -> None:
    append([*on("2005-06-01", 2), *on("2023-11-30", 99), *on("2024-11-30", 99)])
    page = shown(viewer)
    assert bars(page)["unit"] == "week" and figure(page) == "198"
    assert "2 records are dated before 2023." in page


@pytest.mark.parametrize(
    "years",
    [
        {"2021": 30, "2024": 70},  # not few
        {"2005": 1, "2010": 99, "2024": 99},  # not far before
        {"2021": 1, "2024": 2},  # a small history
        {"2019": 1, "2020": 99, "2021": 99, "2022": 99},
    ],
)
def test_other_histories_are_shown_whole(viewer: Client, years: dict[str, int]) -> None:
    append([each for year, count in years.items() for each in on(f"{year}-06-01", count)])
    page = shown(viewer)
    assert figure(page) == str(sum(years.values())) and "data-earlier" not in page


def test_many_records_before_2000_make_wide_bars_and_can_be_left_out(viewer: Client) -> None:
    append([*on("1970-01-01", 12), *on("2024-11-30", 20)])
    page = shown(viewer)
    assert bars(page)["unit"] == "year" and figure(page) == "32"
    assert "12 records are dated before 2000." in page
    since = re.search(r'href="([^"]+)"[^>]*>leave them out<', page)[1]
    assert figure(shown(viewer, since.removeprefix("?"))) == "20"


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        ("0001-01-01T00:00:00Z", "America/Los_Angeles"),
        ("1970-01-01T00:00:00Z", "UTC"),
        ("9999-12-31T23:59:59Z", "Asia/Tokyo"),
    ],
)
def test_no_date_makes_more_bars_than_a_screen_shows(viewer: Client, moment: str, zone: str) -> None:
    Environment.objects.filter(slug="production").update(time_zone=zone)
    append([*on("2024-11-30", 3), record("like", moment)])
    for query in ("", "from=0001-01-01", "period=month"):
        assert len(bars(shown(viewer, query))["option"]["xAxis"]["data"]) <= 300, query
    assert viewer.get("/production/").status_code == 200


def test_the_overview_names_them(viewer: Client) -> None:
    append([*on("2024-11-30", 2), record("like", "2999-01-01T00:00:00Z")])
    page = viewer.get("/production/").content.decode()
    assert "See 1 record dated in the future" in page and '<span class="tile-number">2</span>' in page
    assert "2999" not in page


def test_the_last_step_of_an_import_names_them(viewer: Client) -> None:
    environment = Environment.objects.get(slug="production")
    imp = Import.objects.create(
        environment=environment, file_name="a.json", size=1, state="done", records=3, accepted=3
    )
    append([*on("2024-11-30", 1), *on("1970-01-01", 1), record("like", "2999-01-01T00:00:00Z")], import_id=imp.pk)
    part = viewer.get(f"{PAGE}imports/{imp.pk}/health/").content.decode()
    assert "1 record is dated in the future" in part and "1 record is dated before 2000" in part
    assert f"import={imp.pk}" in part


# --- Bars that aren't complete ---


def test_the_bar_of_the_newest_record_is_hatched_where_it_is_not_whole(viewer: Client) -> None:
    append([*on("2024-11-28", 24), record("like", "2024-12-03T12:50:00Z")])
    assert bars(shown(viewer, "unit=day"))["so_far"] == "2024-12-03T00:00Z"
    page = shown(viewer, "unit=week")
    assert bars(page)["so_far"] == "2024-12-02T00:00Z" and "the hatched bar isn't complete yet" in page


def test_whole_bars_are_not_hatched(viewer: Client) -> None:
    append(on("2024-11-28", 24))  # an hour each, up to the last one
    page = shown(viewer, "unit=day")
    assert bars(page)["so_far"] is None and "hatched" not in page


NOON = datetime(2024, 12, 4, 12, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("unit", "bar", "until", "over"),
    [
        (Unit.HOUR, "2024-12-04T11:00", "2024-12-04T11:01", True),
        (Unit.HOUR, "2024-12-04T12:00", "2024-12-04T12:00", False),
        (Unit.DAY, "2024-12-03T00:00", "2024-12-03T23:00", True),
        (Unit.DAY, "2024-12-03T00:00", "2024-12-03T22:59", False),
        (Unit.DAY, "2024-12-04T00:00", "2024-12-04T11:59", False),
        (Unit.WEEK, "2024-11-25T00:00", "2024-12-01T00:00", True),
        (Unit.WEEK, "2024-11-25T00:00", "2024-11-30T23:59", False),
        (Unit.MONTH, "2024-11-01T00:00", "2024-11-30T08:00", True),
        (Unit.MONTH, "2024-12-01T00:00", "2024-12-04T11:59", False),
        (Unit.YEAR, "2023-01-01T00:00", "2023-12-01T00:00", True),
        (Unit.YEAR, "2023-01-01T00:00", "2023-11-30T00:00", False),
    ],
)
def test_a_bar_is_over_once_time_and_data_have_passed_it(unit: Unit, bar: str, until: str, over: bool) -> None:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (bar, until))
    assert is_over(start, unit, UTC, until=end, now=NOON) is over


def test_the_reach_of_no_records_is_nothing(db: None) -> None:
    found = figures.reach("production", NOON)
    assert (found.first, found.newest, found.later) == (None, None, None)


def test_the_future_begins_after_tomorrow(db: None) -> None:
    append(
        [record("like", moment) for moment in ("2024-12-01T00:00:00Z", "2024-12-05T23:59:59Z", "2024-12-06T00:00:00Z")]
    )
    found = figures.reach("production", NOON)
    assert found.later == Period(horizon(NOON, UTC), None) == Period(datetime(2024, 12, 6, tzinfo=UTC), None)
    assert found.newest == datetime(2024, 12, 1, tzinfo=UTC)
    assert found.everything == Period(None, datetime(2024, 12, 6, tzinfo=UTC))
