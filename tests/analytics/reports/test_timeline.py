"""One person's timeline, counted another way: in plain Python over the same records; and walked through by chance."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.reports import records as one_by_one
from interactions.analytics.reports.person import Profile, find, profile
from interactions.analytics.reports.timeline import Place
from interactions.contract.tombstones import Person
from interactions.models import DeletionRequest, Environment, Tombstone
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import
from tests.lakes import Record, append, key_of, record
from tests.traffic import Persons, traffic

WALKS = count()
START = datetime(2024, 1, 1, tzinfo=UTC)


def user(name: str) -> Person:
    return Person(user_key=key_of(name))


def visitor(name: str) -> Person:
    return Person(anonymous_key=key_of(name))


def of(person: Person, limit: int = 100) -> Profile:
    found = profile("production", person, limit=limit)
    assert found is not None
    return found


def walked(person: Person, limit: int) -> list[bytes]:
    """The fingerprints of the records of all pages, page by page."""
    found: list[bytes] = []
    after: Place | None = None
    while True:
        part = profile("production", person, after=after, limit=limit)
        assert part is not None
        entries = [entry for session in part.page.sessions for entry in session.entries]
        assert len(entries) <= limit
        found += [entry.columns["fingerprint"] for entry in entries]
        if part.page.older is None:
            return found
        after = Place.of(str(part.page.older))
        assert after == part.page.older


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def test_nobody_has_no_timeline() -> None:
    assert profile("production", user("ann"), limit=10) is None
    append([record(user_id="bob")])
    assert profile("production", user("ann"), limit=10) is None


def test_counts_sessions_and_whose_each_record_is_agree_with_plain_python() -> None:
    records = traffic(500, seed=3, people=12)
    append(records[:300])
    append(records[300:], import_id=2)
    persons = Persons(records)
    for (kind, name), theirs in persons.timelines(records).items():
        found = of(user(name) if kind == "user" else visitor(name), limit=len(theirs))
        starts = [
            each["timestamp"]
            for before, each in zip([None, *theirs], theirs, strict=False)
            if before is None or each["timestamp"] - before["timestamp"] >= timedelta(minutes=30)
        ]
        assert found.id == name
        assert found.records == len(theirs)
        assert found.types == Counter(each["type"] for each in theirs)
        assert (found.first_at, found.last_at) == (theirs[0]["timestamp"], theirs[-1]["timestamp"])
        assert found.attributed == sum(kind == "user" and each["user_id"] is None for each in theirs)
        assert [session.started for session in found.page.sessions] == starts[::-1]
        shown = [entry.columns["timestamp"] for session in found.page.sessions for entry in session.entries]
        assert shown == [each["timestamp"] for each in reversed(theirs)]


@pytest.mark.slow
@given(
    moments=st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 2)), min_size=1, max_size=12),
    limit=st.integers(2, 5),
)
@examples(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_show_each_record_once_however_many_bear_one_moment(
    moments: list[tuple[int, bool, int]], limit: int
) -> None:
    """Moments, whether the record bears the user's id, and one of few fingerprints: some records are identical."""
    environment = f"walk{next(WALKS)}"
    records = [
        record(
            at=at(20 * moment),
            fingerprint=bytes([copy]) * 16,
            anonymous_id="phone",
            user_id="ann" if known else None,
        )
        for moment, known, copy in moments
    ]
    records.append(record(at=at(-1), fingerprint=b"x" * 16, anonymous_id="phone", user_id="ann"))
    append(records, environment=environment)
    found: list[bytes] = []
    after: Place | None = None
    while True:
        part = profile(environment, user("ann"), after=after, limit=limit)
        assert part is not None
        found += [entry.columns["fingerprint"] for session in part.page.sessions for entry in session.entries]
        after = part.page.older
        if after is None:
            break
    ordered = sorted(records, key=lambda each: (each["timestamp"], each["fingerprint"]), reverse=True)
    assert found == [each["fingerprint"] for each in ordered]


def test_what_comes_in_between_two_pages_is_not_shown_twice_and_pushes_nothing_out() -> None:
    append([record(at=at(minute), user_id="ann", fingerprint=bytes([minute]) * 16) for minute in range(10)])
    first = of(user("ann"), limit=4).page
    append([record(at=at(20), user_id="ann"), record(at=at(-20), user_id="ann")], import_id=2)
    second = profile("production", user("ann"), after=first.older, limit=4)
    assert second is not None
    assert [entry.columns["fingerprint"][0] for entry in second.page.sessions[0].entries] == [5, 4, 3, 2]


def test_a_session_over_two_pages_says_so_and_is_counted_whole() -> None:
    append([record(at=at(minute), user_id="ann") for minute in [*range(5), 60]])
    first = of(user("ann"), limit=3).page
    assert [(each.records, len(each.entries)) for each in first.sessions] == [(1, 1), (5, 2)]
    assert [(each.is_continued, each.goes_on) for each in first.sessions] == [(False, False), (False, True)]
    second = profile("production", user("ann"), after=first.older, limit=3)
    assert second is not None
    (rest,) = second.page.sessions
    assert (rest.records, len(rest.entries), rest.is_continued, rest.goes_on) == (5, 3, True, False)
    assert second.page.older is None


def test_exactly_half_an_hour_of_quiet_ends_a_session() -> None:
    append([record(at=at(minute), user_id="ann") for minute in (0, 29.99, 59.99)])
    assert of(user("ann")).sessions == 2


def test_a_link_names_the_first_record_of_both() -> None:
    append([record("click", at(9), user_id="ann", anonymous_id="phone"), record(at=at(1), anonymous_id="phone")])
    append([record("search", at(5), user_id="ann", anonymous_id="phone")], import_id=7)
    (link,) = of(user("ann")).links
    assert link.first is not None
    assert (link.id, link.first.type, link.first.import_id, link.records) == ("phone", "search", 7, 2)
    assert (link.first_at, link.last_at) == (START + timedelta(minutes=5), START + timedelta(minutes=9))
    assert link.person == visitor("phone")
    made = one_by_one.record("production", link.first.key)
    assert made is not None and made["type"].to_pylist() == ["search"]
    assert not link.is_ambiguous


def test_a_shared_device_is_its_own_and_attributes_nothing() -> None:
    append([record(user_id=name, anonymous_id="till") for name in ("ann", "bob")] + [record(anonymous_id="till")] * 3)
    ann, till = of(user("ann")), of(visitor("till"))
    assert (ann.records, ann.attributed, ann.ambiguous) == (1, 0, 1)
    assert (till.records, till.belongs_to) == (3, None)
    assert sorted(link.id for link in till.links) == ["ann", "bob"]
    assert {link.users for link in (*till.links, *ann.links)} == {2}


def test_an_anonymous_id_of_one_user_leads_to_the_user() -> None:
    append([record(user_id="ann", anonymous_id="phone"), record(anonymous_id="phone")])
    phone = of(visitor("phone"))
    assert phone.belongs_to == user("ann")
    assert phone.records == 0 and phone.page.sessions == ()


def test_a_link_is_gone_with_the_records_that_made_it() -> None:
    append([record(anonymous_id="phone")] * 2)
    append([record(user_id="ann", anonymous_id="phone")], import_id=2)
    assert of(user("ann")).records == 3
    remove_import(Lake("production"), 2)
    assert profile("production", user("ann"), limit=9) is None
    assert of(visitor("phone")).records == 2


def test_hidden_people_are_not_found_and_have_no_timeline() -> None:
    append([record(user_id="ann", anonymous_id="phone"), record(user_id="bob")])
    assert find("production", key_of("ann") or 0) == [user("ann")]
    here = Environment.objects.get(slug="production")
    request = DeletionRequest.objects.create(environment=here)
    Tombstone.objects.create(
        request=request, environment=here, user_key=key_of("ann"), at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    assert find("production", key_of("ann") or 0) == []
    assert profile("production", user("ann"), limit=9) is None
    assert profile("production", visitor("phone"), limit=9) is None
    assert of(user("bob")).records == 1


def test_an_id_of_both_kinds_is_found_as_both() -> None:
    append([record(user_id="same"), record(anonymous_id="same")])
    assert find("production", key_of("same") or 0) == [user("same"), visitor("same")]


def test_a_record_is_shown_as_it_came() -> None:
    append([record("search", at(0), user_id="ann", keywords="tea", extra='{"search":{"filters":{"size":["s"]}}}')])
    (session,) = of(user("ann")).page.sessions
    assert session.entries[0].record == {
        "type": "search",
        "timestamp": "2024-01-01T00:00:00Z",
        "user_id": "ann",
        "search": {"keywords": "tea", "filters": {"size": ["s"]}},
    }


@pytest.mark.parametrize("text", ["", "x", "1-", "12-a", "9" * 18 + "-1", "1-1234567890", "-1-2-3"])
def test_other_texts_are_no_places(text: str) -> None:
    assert Place.of(text) is None


@pytest.mark.parametrize("person", [user("ann"), visitor("ann"), Person(user_key=-1), Person(anonymous_key=0)])
def test_an_address_names_one_person(person: Person) -> None:
    assert Person.at(person.address) == person


@pytest.mark.parametrize("text", ["u-", "u-12", "x-0123456789abcdef", "u-0123456789ABCDEF", "u-0123456789abcdef0"])
def test_other_texts_are_no_addresses(text: str) -> None:
    assert Person.at(text) is None


def test_records_of_a_walk_are_complete_over_several_parts() -> None:
    records: list[Record] = [
        record(at=at(minute % 7), user_id="ann", fingerprint=bytes([minute]) * 16) for minute in range(40)
    ]
    for place in range(4):
        append(records[place::4], import_id=place + 1)
    found = walked(user("ann"), 6)
    assert len(found) == len(set(found)) == 40
