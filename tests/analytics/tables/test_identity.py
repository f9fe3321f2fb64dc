"""Links between anonymous ids and users, each counted another way: in plain Python over the same records."""

from collections import defaultdict
from random import Random

import pytest

from interactions.analytics.data_sets import up_to_date
from interactions.analytics.index.people import owners
from interactions.analytics.reports.links import links_of, with_ids
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import
from tests import figures
from tests.lakes import Record, append, key_of, record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache", "own_folders")]


def owned() -> dict[int, int]:
    """The anonymous ids that belong to a user, and which."""
    visitors, users = owners(up_to_date("production").pairs)
    return dict(zip(visitors.tolist(), users.tolist(), strict=True))


def both(anonymous_id: str, user_id: str, at: str = "2024-01-01T00:00:00Z") -> Record:
    return record(at=at, anonymous_id=anonymous_id, user_id=user_id)


def test_a_data_set_without_records_has_no_links() -> None:
    assert figures.links("production").empty
    assert links_of("production", [1]).empty
    assert figures.ambiguous("production", 10).empty


def test_links_are_the_pairs_seen_in_one_record() -> None:
    chance = Random(1)
    records = [
        record(
            at=f"2024-01-01T{chance.randrange(24):02}:{chance.randrange(60):02}:00Z",
            anonymous_id=chance.choice([None, f"a{chance.randrange(30)}"]),
            user_id=chance.choice([None, f"u{chance.randrange(10)}"]),
        )
        for _ in range(400)
    ]
    append(records[:300])
    append(records[300:], import_id=2)
    expected = defaultdict(list)
    for each in records:
        if each["anonymous_id"] and each["user_id"]:
            expected[key_of(each["anonymous_id"]), key_of(each["user_id"])].append(each["timestamp"])
    found = {
        (row.anonymous_key, row.user_key): (row.first_at, row.last_at, row.records)
        for row in figures.links("production").itertuples()
    }
    assert found == {pair: (min(times), max(times), len(times)) for pair, times in expected.items()}


def test_an_anonymous_id_seen_with_several_users_belongs_to_none() -> None:
    append([both("phone", "ann"), both("phone", "ann"), both("shop", "ann")])
    append([both("shop", "bob")], import_id=2)
    assert owned() == {key_of("phone"): key_of("ann")}


def test_the_links_of_a_user_say_with_how_many_the_id_is_shared() -> None:
    append([both("phone", "ann", "2024-01-03T00:00:00Z"), both("shop", "ann"), both("shop", "bob"), both("tv", "bob")])
    found = links_of("production", [key_of("ann")])
    assert found[["anonymous_id", "users"]].values.tolist() == [["shop", 2], ["phone", 1]]


def test_ambiguous_ids_are_listed_with_most_users_first() -> None:
    append([both("shop", name) for name in ("ann", "bob", "cid")] + [both("tv", "ann"), both("tv", "bob")])
    append([both("phone", "ann"), both("shop", "ann", "2024-02-01T00:00:00Z")])
    found = with_ids("production", figures.ambiguous("production", 10))
    assert found[["anonymous_id", "users", "records"]].values.tolist() == [["shop", 3, 4], ["tv", 2, 2]]
    assert found["last_at"][0].month == 2
    assert with_ids("production", figures.ambiguous("production", 1))["anonymous_id"].tolist() == ["shop"]


def test_a_link_goes_with_the_records_that_made_it() -> None:
    append([both("phone", "ann")], import_id=1)
    append([both("phone", "bob")], import_id=2)
    assert owned() == {}
    remove_import(Lake("production"), 2)
    assert owned() == {key_of("phone"): key_of("ann")}
