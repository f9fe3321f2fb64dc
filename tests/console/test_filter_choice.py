"""The filter in an address: what is read of it, what its chips lead to, and that it gives back what it was made of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics.cohorts import CohortCondition, CohortDefinition
from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Device, Filter
from interactions.analytics.periods import ALL, Period
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice, carried
from interactions.contract.schema import GROUP_OF, TYPES, Group
from interactions.contract.tombstones import Person
from interactions.questions.choice import PRESETS
from interactions.questions.parts import GROUPED, PARTS, part_of
from interactions.questions.periods import address_of, span

BERLIN = ZoneInfo("Europe/Berlin")
NEWEST = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)


KENT_OR_PHONE = [Condition("region", ("Kent",)), Condition("device", ("phone",))]
KENT = KENT_OR_PHONE[0]
GOOGLE = Condition("referrer", ("google",), contains=True)
DE = [Condition("locale", ("de",))]


def choice(query: str, zone: Any = UTC) -> FilterChoice:
    return FilterChoice.of(QueryDict(query), zone, keep=("unit",))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("user=u-00000000000000ff", Filter(user_key=255)),
        ("anonymous=a-ffffffffffffffff", Filter(anonymous_key=-1)),
        ("product=0042", Filter(product_id="0042")),
        ("type=search&type=read", Filter(types=("search", "read"))),
        ("group=feedback", Filter(groups=(Group.FEEDBACK,))),
        ("group=feedback&type=like&type=search", Filter(groups=(Group.FEEDBACK,), types=("search",))),
        ("device=phone&assisted=no", Filter(device=Device.PHONE, is_assisted=False)),
        ("origin=live", Filter(is_live=True)),
        ("origin=import&import=12", Filter(is_live=False, import_id=12)),
        ("source=a&medium=b&campaign=c", Filter(campaign_source="a", campaign_medium="b", campaign_name="c")),
        ("page=/shoes&locale=de&region=Wien", Filter(page_contains="/shoes", locale="de", region="Wien")),
        ("user=&product=%20", Filter()),
        ("region=Kent&region=Wien&region=Kent", Filter(region=("Kent", "Wien"))),
        ("region!=Kent&region!=Wien", Filter().having(is_not=True, region=("Kent", "Wien"))),
        ("region%21=Kent", Filter().having(is_not=True, region="Kent")),
        ("region=Kent&region!=Wien", Filter(region="Kent").having(is_not=True, region="Wien")),
        ("device=phone&device=tablet", Filter(device=(Device.PHONE, Device.TABLET))),
        ("import=3&import=4", Filter(import_id=(3, 4))),
        ("custom.plan=gold&custom.plan=free", Filter(**{"custom_context.plan": ("gold", "free")})),
        ("custom.A/B%20t.e=1", Filter(**{"custom_context.A/B t.e": "1"})),
        ("custom.n!=5", Filter().having(is_not=True, **{"custom_context.n": "5"})),
        ("page_url=https://a.example/", Filter(page_url="https://a.example/")),
        ("region~=ken&region~=wi", Filter(conditions=[Condition("region", ("ken", "wi"), contains=True)])),
        ("region!~=ken", Filter(conditions=[Condition("region", ("ken",), is_not=True, contains=True)])),
        ("custom.plan~=go", Filter(conditions=[Condition("custom_context.plan", ("go",), contains=True)])),
        ("custom.$x=1", Filter(**{"custom_context.$x": "1"})),
        ("any1.region=Kent&any1.device=phone", Filter(any_of=[KENT_OR_PHONE])),
        ("any7.device=phone&any7.region=Kent", Filter(any_of=[KENT_OR_PHONE])),
        (
            "any2.locale=de&locale=en&any1.region=Kent&any1.device=phone",
            Filter(locale="en", any_of=[KENT_OR_PHONE, DE]),
        ),
        ("any1.type=search&any1.region=Kent", Filter(any_of=[[KENT, Condition("type", ("search",))]])),
        ("term=shoes&content!=banner", Filter(campaign_term="shoes").having(is_not=True, campaign_content="banner")),
        ("referrer~=google&result_type=answer", Filter(result_type="answer", conditions=[GOOGLE])),
        ("any1.custom.a.b!~=x", Filter(any_of=[[Condition("custom_context.a.b", ("x",), True, True)]])),
        ("import!=3", Filter().having(is_not=True, import_id=3)),
        (
            "user!=u-00000000000000ff&user!=u-0000000000000001",
            Filter().having(is_not=True, user_key=(255, 1)),
        ),
    ],
)
def test_an_address_says_what_is_meant(query: str, expected: Filter) -> None:
    found = choice(query)
    assert (found.parts, found.mistakes) == (expected, [])


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ("type=dance", "Unknown type: dance."),
        ("group=dance", "Unknown group: dance."),
        (
            "device=toaster",
            "device=toaster in the address isn't valid; it can be desktop, phone, tablet, bot, other or unknown.",
        ),
        ("period=fortnight", "period=fortnight in the address isn't valid; it can be "),
        ("from=2024-02-30", "from=2024-02-30 in the address isn't a date. Dates look like 2024-01-31."),
        ("from=2024-02-01&to=2024-01-01", "The period ends before it starts. Swap the two dates."),
        ("region=" + "x" * 3000, "Region: more than 2,048 characters. It was left out."),
        ("custom.x!!=1", "You can't filter by the key 'x!' of custom_context."),
        ("any1.device=toaster", "device=toaster in the address isn't valid; it can be "),
        ("custom.=1", "You can't filter by the key '' of custom_context."),
        ("user=ann", "User: addresses can't have ids."),
        ("user=a-00000000000000ff", "User: addresses can't have ids."),
        ("anonymous=phone", "Anonymous id: addresses can't have ids."),
        *((f"import={given}", "The import in the address isn't a number.") for given in ("0", "-1", "x", "٣")),
    ],
)
def test_what_is_wrong_is_named_and_left_out(query: str, mistake: str) -> None:
    found = choice(query)
    assert found.parts == Filter() and not found.is_custom
    assert [each.startswith(mistake) for each in found.mistakes] == [True]


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("24h", datetime(2011, 12, 8, 13, tzinfo=UTC), datetime(2011, 12, 9, 13, tzinfo=UTC)),
        ("7d", datetime(2011, 12, 3, tzinfo=UTC), datetime(2011, 12, 10, tzinfo=UTC)),
        ("month", datetime(2011, 12, 1, tzinfo=UTC), datetime(2011, 12, 10, tzinfo=UTC)),
        ("last-month", datetime(2011, 11, 1, tzinfo=UTC), datetime(2011, 12, 1, tzinfo=UTC)),
    ],
)
def test_presets_count_back_from_the_newest_record(preset: str, start: datetime, end: datetime) -> None:
    assert choice(f"period={preset}").period(NEWEST) == Period(start, end)


def test_this_month_is_compared_with_the_same_days_of_the_last() -> None:
    this, before = choice("period=month"), Period(datetime(2011, 11, 1, tzinfo=UTC), datetime(2011, 11, 10, tzinfo=UTC))
    assert this.before(this.period(NEWEST)) == before
    custom = choice("from=2011-12-01&to=2011-12-09")
    assert custom.before(custom.period(None)) == Period(datetime(2011, 11, 22, tzinfo=UTC), custom.start)


def test_days_are_those_of_the_zone() -> None:
    period = choice("from=2024-03-31&to=2024-03-31", BERLIN).period(None)
    assert period == Period(datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC))


def test_without_records_a_preset_is_all_time() -> None:
    assert choice("period=7d").period(None) == ALL


def test_a_chip_leads_to_the_address_without_it() -> None:
    found = choice("period=7d&type=search&type=read&region=Wien&assisted=yes&unit=week")
    assert [(chip.label, chip.value, chip.without) for chip in found.chips] == [
        ("Type:", "search", "?period=7d&type=read&region=Wien&assisted=yes&unit=week"),
        ("Type:", "read", "?period=7d&type=search&region=Wien&assisted=yes&unit=week"),
        ("Region is", "Wien", "?period=7d&type=search&type=read&assisted=yes&unit=week"),
        ("Miso-assisted:", "Yes", "?period=7d&type=search&type=read&region=Wien&unit=week"),
    ]


@pytest.mark.parametrize(
    ("query", "label", "value"),
    [
        ("region!=Kent", "Region is not", "Kent"),
        ("region=Kent&region=Wien", "Region is", "Kent or Wien"),
        ("region=a&region=b&region=c&region=d", "Region is", "a, b, c or d"),
        ("region=a&region=b&region=c&region=d&region=e", "Region is", "a, b, c or 2 more"),
        ("region~=ken", "Region contains", "ken"),
        ("keywords!~=tea&keywords!~=mug", "Search words don't contain", "tea or mug"),
        ("page_url=https://a/", "Page is", "https://a/"),
        ("any1.region=Kent", "Region is", "Kent"),
        ("any1.region=Kent&any1.device=phone", "Region is", "Kent, or Device is Phone"),
        ("page!=shoes", "Page address doesn't contain", "shoes"),
        ("keywords!=tea", "Search words are not", "tea"),
        ("device=phone&device=bot", "Device is", "Phone or Bot"),
        ("import!=3", "Import is not", "3"),
        ("custom.plan!=gold&custom.plan!=free", "plan is not", "gold or free"),
        ("user!=u-00000000000000ff", "User is not", "u-00000000000000ff"),
    ],
)
def test_a_chip_says_what_is_asked_of_a_part_and_is_removed_as_one(query: str, label: str, value: str) -> None:
    found = choice(query + "&locale=de")
    by_name = {chip.label: chip for chip in found.chips}
    assert (by_name[label].value, by_name[label].without) == (value, "?locale=de")
    assert unquote(found.query()) in (f"?{query}&locale=de", f"?locale=de&{query}")


def test_a_chip_decodes_the_address_of_a_page() -> None:
    [chip] = choice("page_url=https://a/caf%25C3%25A9").chips
    assert (chip.value, json.loads(chip.edit)["conditions"][0]["values"]) == (
        "https://a/café",
        [["https://a/caf%C3%A9", "https://a/café"]],
    )


def test_groups_have_neither_people_nor_imports_and_only_so_many() -> None:
    assert choice("any1.user=u-00000000000000ff&any1.import=3").parts == Filter()
    assert carried(QueryDict("any1.user=ann&any1.region=Kent")) == "?any1.region=Kent"
    found = choice("&".join(f"any{number}.region={number}" for number in range(12)))
    assert [group[0].values for group in found.parts.any_of] == [(str(number),) for number in range(10)]
    assert found.mistakes == ["A filter can have up to 10 groups of conditions. The rest were left out."]


def test_a_chip_says_how_its_conditions_are_changed() -> None:
    [of_region, of_user, of_group] = choice(
        "region!=Kent&user=u-00000000000000ff&any3.device=phone&any3.locale~=d"
    ).chips
    if of_region.name == "user":
        of_region, of_user = of_user, of_region
    kent = {"part": "region", "form": "!", "values": [["Kent", "Kent"]]}
    assert json.loads(of_region.edit) == {"group": "", "conditions": [kent]} and not of_user.edit
    assert json.loads(of_group.edit) == {
        "group": "any1.",
        "conditions": [
            {"part": "locale", "form": "~", "values": [["d", "d"]]},
            {"part": "device", "form": "", "values": [["phone", "Phone"]]},
        ],
    }


class Known(KnownCohorts):
    """One cohort, as if an environment had it."""

    by_id = {3: CohortDefinition(3, "Buyers", ())}  # type: ignore[assignment]


def test_a_group_can_hold_a_cohort() -> None:
    query = "any1.region=Kent&any1.cohort!=3"
    found = FilterChoice.of(QueryDict(query), UTC, cohorts=Known(None))
    buyers = CohortCondition((Known.by_id[3],), is_not=True)
    assert found.parts == Filter(any_of=[[KENT, buyers]]) and found.query() == f"?{query}"
    [chip] = found.chips
    assert (chip.label, chip.value, chip.without) == ("Region is", "Kent, or Not in cohort Buyers", "?")
    assert json.loads(chip.edit)["conditions"][1] == {"part": "cohort", "form": "!", "values": [["3", "Buyers"]]}
    gone = choice("any1.cohort=4")
    assert gone.mistakes == ["There is no cohort 4 here. It may have been deleted, so nobody is in it."]


def test_one_import_is_the_pages_to_name() -> None:
    assert choice("import=3").chips == [] and choice("import=3").parts.import_id == 3
    assert [chip.value for chip in choice("import=3&import=4").chips] == ["3 or 4"]


def test_people_who_are_left_out_are_people_who_are_asked_about() -> None:
    found = choice("user!=u-00000000000000ff&anonymous=a-0000000000000001")
    assert found.people == [Person(user_key=255), Person(anonymous_key=1)]
    one, other = Person(user_key=1), Person(user_key=2)
    assert choice("").without_person(one).without_person(other).query() == f"?user!={one.address}&user!={other.address}"


def test_the_form_passes_on_what_it_has_no_field_for() -> None:
    passed = choice("period=7d&region=Kent&region!=Wien&user!=u-00000000000000ff&import=3&type=read").period_pairs
    assert passed == [("period", "7d"), ("user!", "u-00000000000000ff"), ("region!", "Wien"), ("import", "3")]


def test_of_many_values_the_first_hundred_count() -> None:
    found = choice("&".join(f"region={number}" for number in range(101)))
    assert len(found.parts.values("region")) == 100
    assert found.mistakes == ["Region: more than 100 values. The rest were left out."]


def test_a_filter_asks_of_five_keys_at_most_and_takes_them_along() -> None:
    query = "&".join(f"custom.{key}={key}" for key in "fedcba")
    found = choice(query)
    assert [condition.key_of_context for condition in found.parts.conditions] == ["b", "c", "d", "e", "f"]
    assert found.mistakes == ["A filter can have up to 5 keys of custom_context. The rest were left out."]
    assert [field.name for field in found.custom_fields] == [f"custom.{key}" for key in "bcdef"]
    assert carried(QueryDict("custom.plan!=gold&custom.n=5&unit=week")) == "?custom.plan!=gold&custom.n=5"


def test_what_the_page_keeps_stays_but_a_unit_does_not_outlive_its_period() -> None:
    found = choice("region=Wien&unit=hour")
    assert found.without_parts == "?unit=hour"
    assert found.without_period == "?region=Wien"


def test_the_filter_goes_along_to_other_pages_without_the_import() -> None:
    assert carried(QueryDict("user=u-00000000000000ff&import=4&unit=week&type=read&type=search&region=")) == (
        "?type=read&type=search&user=u-00000000000000ff"
    )


MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TEXTS = st.text(min_size=1).map(str.strip).filter(bool)


def _values(part: Any) -> st.SearchStrategy[Any]:
    if part.is_person:
        return st.integers(-(1 << 63), (1 << 63) - 1)
    if part.is_number:
        return st.integers(1, 10**9)
    return st.sampled_from([value for value, _ in part.values.values()]) if part.values else TEXTS


def _conditions(part: Any, form: str) -> st.SearchStrategy[Condition]:
    values = st.lists(_values(part), min_size=1, max_size=4, unique=True).map(tuple)
    return st.builds(Condition, st.just(part.field), values, st.just("!" in form), st.just("~" in form))


PARTS_AND_KEYS = (*PARTS, *(part_of(Condition(f"custom_context.{key}", ("x",))) for key in ("plan", "A/B &=+é")))
FILTERS = st.builds(
    lambda groups, types, any_of, *conditions: Filter(
        groups=tuple(group for group in Group if group in groups),
        types=tuple(name for name in TYPES if name in types and GROUP_OF[name] not in groups),
        conditions=[condition for condition in conditions if condition],
        any_of=any_of,
    ),
    st.sets(st.sampled_from(Group), max_size=2),
    st.sets(st.sampled_from(TYPES), max_size=3),
    st.lists(
        st.lists(
            st.one_of([_conditions(part, form) for part in GROUPED for form, _ in part.forms]),
            min_size=1,
            max_size=3,
            unique_by=lambda each: each.order,
        ),
        max_size=2,
    ),
    *(st.none() | _conditions(part, form) for part in PARTS_AND_KEYS for form, _ in part.forms),
)


@given(
    FILTERS, st.sampled_from(list(PRESETS)), st.none() | MOMENTS, st.none() | MOMENTS, st.sampled_from([UTC, BERLIN])
)
def test_an_address_gives_back_the_choice_it_was_made_of(
    parts: Filter, preset: str, start: datetime | None, end: datetime | None, zone: Any
) -> None:
    if start and end and start >= end:
        start, end = None, None
    preset = "all" if start or end else preset
    made = FilterChoice(zone, preset, start, end, parts)
    again = FilterChoice.of(QueryDict(made.query().removeprefix("?")), zone)
    assert again == made


def test_midnights_are_written_as_days() -> None:
    moment = datetime(2024, 2, 1, tzinfo=UTC)
    assert (address_of(moment, UTC), address_of(moment, UTC, ends=True)) == ("2024-02-01", "2024-01-31")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2024-01-01T00:00", "2024-03-31T00:00", "Jan 1 – Mar 30, 2024"),
        ("2024-01-01T00:00", "2024-01-02T00:00", "Jan 1, 2024"),
        ("2024-01-01T00:00", "2024-01-08T00:00", "Jan 1 – 7, 2024"),
        ("2023-12-30T00:00", "2024-01-02T00:00", "Dec 30, 2023 – Jan 1, 2024"),
        ("2024-01-01T05:00", "2024-01-01T07:00", "Jan 1, 2024, 05:00 – 07:00"),
        ("2024-01-01T05:00", "2024-01-02T00:00", "Jan 1, 05:00 – Jan 2, 2024, 00:00"),
    ],
)
def test_periods_are_written_as_people_say_them(start: str, end: str, text: str) -> None:
    assert span(datetime.fromisoformat(start + "Z"), datetime.fromisoformat(end + "Z"), UTC) == text
