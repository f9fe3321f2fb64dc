"""Colours and the options of charts."""

import json
from datetime import UTC, datetime
from itertools import combinations

import pandas as pd
import pytest

from interactions.analytics.reports.timeseries import of_groups
from interactions.console import charts
from interactions.contract.schema import TYPES, TYPES_BY_GROUP, Group

# What people with protanopia, deuteranopia and tritanopia see of linear red, green and blue
# (Machado, Oliveira and Fernandes, 2009, at full severity).
SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: str) -> tuple[float, ...]:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    seen = [min(1, max(0, sum(k * part for k, part in zip(row, linear(colour), strict=True)))) for row in SIGHT[sight]]
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    xyz = [sum(k * part for k, part in zip(row, seen, strict=True)) for row in rows]
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, sight: str) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one, sight), lab(other, sight), strict=True)) ** 0.5


def test_every_type_has_a_colour_of_its_own() -> None:
    assert len({charts.colour_of_type(name) for name in TYPES}) == len(TYPES)


def test_a_group_has_as_many_shades_as_types() -> None:
    assert {group: len(shades) for group, shades in charts.PALETTE.items()} == {
        group: len(types) for group, types in TYPES_BY_GROUP.items()
    }


@pytest.mark.parametrize("background", charts.BACKGROUNDS.values())
@pytest.mark.parametrize("group", Group)
def test_group_colours_stand_out_from_both_backgrounds(group: Group, background: str) -> None:
    assert contrast(charts.colour_of_group(group), background) >= 3


@pytest.mark.parametrize("background", charts.BACKGROUNDS.values())
@pytest.mark.parametrize("name", TYPES)
def test_shades_are_visible_on_both_backgrounds(name: str, background: str) -> None:
    assert contrast(charts.colour_of_type(name), background) >= 1.6


@pytest.mark.parametrize("sight", SIGHT)
def test_groups_can_be_told_apart_whatever_colours_one_sees(sight: str) -> None:
    for one, other in combinations(Group, 2):
        apart = distance(charts.colour_of_group(one), charts.colour_of_group(other), sight)
        assert apart >= 10, f"{one} and {other}"


def test_neighbouring_shades_of_a_group_differ() -> None:
    for shades in charts.PALETTE.values():
        for one, other in combinations(shades, 2):
            assert distance(one, other, "full") >= 6


def bars() -> pd.DataFrame:
    starts = pd.DatetimeIndex([datetime(2024, 1, day, 5, tzinfo=UTC) for day in (1, 2)], name="start")
    return pd.DataFrame({"search": [3, 0], "like": [1, 2], "share": [5, 5]}, index=starts)


def test_an_option_has_a_stacked_series_a_column_in_its_colour() -> None:
    option = charts.over_time(bars())
    assert option["xAxis"]["data"] == ["2024-01-01T05:00Z", "2024-01-02T05:00Z"]
    assert [(each["name"], each["data"]) for each in option["series"]] == [
        ("search", [3, 0]),
        ("like", [1, 2]),
        ("share", [5, 5]),
    ]
    assert {each["stack"] for each in option["series"]} == {"records"}
    assert option["series"][0]["itemStyle"]["color"] == charts.colour_of_type("search")


def test_groups_are_sums_in_their_colours() -> None:
    option = charts.over_time(of_groups(bars()))
    assert [(each["name"], each["data"]) for each in option["series"]] == [
        ("Core click-streams", [3, 0]),
        ("Feedback signals", [6, 7]),
    ]
    assert option["series"][1]["itemStyle"]["color"] == charts.colour_of_group(Group.FEEDBACK)


def test_an_option_is_plain_json() -> None:
    assert json.loads(json.dumps(charts.over_time(of_groups(bars()))))


def test_a_frame_without_records_makes_a_chart_without_series() -> None:
    empty = pd.DataFrame(index=pd.DatetimeIndex([], tz="UTC"))
    assert charts.over_time(of_groups(empty))["series"] == []


def test_a_year_before_1000_keeps_its_four_digits() -> None:
    assert charts.stamp(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00Z"
