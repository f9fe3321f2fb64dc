"""Numbers, sizes, durations and times as every page writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone as clock

from interactions.models import Import
from interactions.templatetags import icons, presentation
from interactions.templatetags.presentation import page_query


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1002032, "1,002,032"), (None, "–")])
def test_numbers_are_exact_with_separators(value: int | None, text: str) -> None:
    assert presentation.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 records"), (1, "1 record"), (2000, "2,000 records")])
def test_what_is_counted_agrees_with_its_number(value: int, text: str) -> None:
    assert presentation.counted(value, "record") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (12_345, "12 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_200_000, "3.2 MB"),
        (99_960_000, "100 MB"),
        (412_000_000, "412 MB"),
        (61_000_000_000, "61.0 GB"),
    ],
)
def test_sizes_are_in_units_people_say(value: int | None, text: str) -> None:
    assert presentation.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.42, "0.4 s"),
        (7, "7 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86400 * 3 + 7300, "3 d 2 h"),
        (timedelta(minutes=2), "2 min"),
    ],
)
def test_durations_are_in_two_units_at_most(value: float | timedelta | None, text: str) -> None:
    assert presentation.duration(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.2, "1 s"), (7.4, "7 s"), (61, "1 min 1 s")])
def test_time_left_is_in_whole_seconds_and_never_none_at_all(value: float | None, text: str) -> None:
    assert presentation.time_left(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0, "0 /s"), (87.6, "88 /s"), (9_876, "9,880 /s"), (213_977, "214,000 /s")]
)
def test_rates_have_three_digits_that_mean_something(value: float | None, text: str) -> None:
    assert presentation.rate(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0%"), (0.683, "68%"), (0.9999, "99%"), (1.0, "100%")])
def test_only_what_is_all_done_is_a_hundred_percent(value: float, text: str) -> None:
    assert presentation.percent(value) == text


@pytest.mark.parametrize(
    ("count", "total", "text"), [(0, 10, "0%"), (1, 0, "0%"), (1, 5000, "< 0.1%"), (301, 1000, "30.1%")]
)
def test_a_small_share_is_not_said_to_be_none(count: int, total: int, text: str) -> None:
    assert presentation.share(count, total) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "just now"), (30, "30 s ago"), (150, "2 min ago"), (7300, "2 h ago"), (86400 * 5, "5 d ago")],
)
def test_the_past_is_told_in_one_unit(seconds: int, text: str) -> None:
    assert presentation.ago(clock.now() - timedelta(seconds=seconds, milliseconds=200)) == text


def test_moments_are_in_utc_whatever_their_zone() -> None:
    elsewhere = datetime(2024, 3, 1, 1, 30, 7, tzinfo=timezone(timedelta(hours=2)))
    assert presentation.moment(elsewhere) == (
        '<time datetime="2024-02-29T23:30:07Z" title="Feb 29, 2024, 23:30:07 UTC">Feb 29, 2024, 23:30</time>'
    )
    assert presentation.moment(elsewhere.astimezone(UTC)) == presentation.moment(elsewhere)


@pytest.mark.parametrize(("first", "last", "letters"), [("Ada", "Lovelace", "AL"), ("Ada", "", "AD"), ("", "", "AN")])
def test_initials_are_of_the_full_name_or_else_of_the_user_name(first: str, last: str, letters: str) -> None:
    assert presentation.initials(User(username="analyst", first_name=first, last_name=last)) == letters


@pytest.mark.parametrize(
    ("form", "compression", "text"),
    [
        ("lines", "", "JSON Lines"),
        ("object", "gzip", 'JSON, {"data": […]}, gzip'),
        ("mix", "", "JSON, a mix of records, lists and API bodies"),
        ("", "", ""),
    ],
)
def test_the_form_of_a_file_names_its_packing(form: str, compression: str, text: str) -> None:
    assert presentation.file_form(Import(format=form, compression=compression)) == text


def test_every_state_has_a_colour() -> None:
    tones = {presentation.state_tone(state) for state in Import.State.values}
    assert tones == {"blue", "green", "amber", "red", "grey"}


def test_an_icon_is_inlined_and_hidden_from_screen_readers() -> None:
    drawn = Template('{% load icons %}{% icon "download" "wide" %}').render(Context())
    assert drawn.startswith('<svg class="icon wide"') and 'aria-hidden="true"' in drawn
    assert "<path d=" in drawn and "M0 0h24v24H0z" not in drawn


def test_an_icon_that_does_not_exist_is_named() -> None:
    with pytest.raises(LookupError, match="no-such-icon"):
        icons.icon("no-such-icon")


def test_a_list_is_paged_and_another_on_the_same_page_stays_where_it_is(rf: RequestFactory) -> None:
    context = {"request": rf.get("/?people=2&links=3")}
    assert page_query(context, 4, "links") == "?people=2&links=4"
    assert page_query(context, 5) == "?people=2&links=3&page=5"
