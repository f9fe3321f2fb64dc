"""A record that is left out for its uuid may say who somebody is: that is kept, for as long as it counts as sent."""

import pyarrow.parquet as pq
import pytest

from interactions import identity
from interactions.analytics.data_sets import up_to_date
from interactions.analytics.reports.links import ambiguous
from interactions.analytics.reports.person import profile
from interactions.contract.tombstones import Person
from interactions.models import Environment
from interactions.privacy.links import links_of, owned
from interactions.warehouse import links
from interactions.warehouse.overlaps import COLUMNS, Overlaps
from tests.ingest.duplicates.house import erase, keys, later, load, send, there, undo
from tests.ingest.duplicates.test_uuids import bearing
from tests.ingest.imports.house import House

ANONYMOUS = bearing("1", anonymous_id="browser", timestamp="2024-03-01T00:00:00Z")
SIGNED_IN = bearing("1", user_id="ann", timestamp="2024-03-01T00:00:00Z")


def linked() -> list[list[int]]:
    found: list[list[int]] = links.pairs("production").tolist()
    return found


@pytest.mark.parametrize("first", [ANONYMOUS, SIGNED_IN], ids=["visitor first", "user first"])
@pytest.mark.parametrize("ways", ["live live", "live file", "file live", "file file", "one call", "one file"])
def test_a_visitor_and_a_user_with_one_uuid_are_linked(house: House, first: dict[str, object], ways: str) -> None:
    second = SIGNED_IN if first is ANONYMOUS else ANONYMOUS
    if ways == "one call":
        send([first, second])
    elif ways == "one file":
        assert load(house, first, second).duplicates == 1
    else:
        for way, record in zip(ways.split(), (first, second), strict=True):
            if way == "live":
                send([record])
            else:
                load(house, record)
    assert there() == [(first.get("user_id"), first.get("anonymous_id"))]
    assert linked() == [keys("ann", "browser")]


def test_each_user_of_the_two_goes_with_each_visitor_of_the_two(house: House) -> None:
    send([bearing("1", user_id="ann", anonymous_id="phone")])
    send([bearing("1", user_id="ann", anonymous_id="laptop")])
    assert sorted(linked()) == sorted([keys("ann", "phone"), keys("ann", "laptop")])


def test_a_record_that_says_nothing_new_makes_no_link_and_no_list(house: House) -> None:
    send([bearing("1", user_id="ann", anonymous_id="browser")])
    for record in (bearing("1", user_id="ann"), bearing("1", anonymous_id="browser"), bearing("1")):
        send([record], at=later(hours=1))
    assert linked() == []
    assert Overlaps("production").lists() == []


def test_undone_the_import_that_brought_it_takes_it_along(house: House) -> None:
    load(house, ANONYMOUS)
    imp = load(house, SIGNED_IN)
    assert linked() == [keys("ann", "browser")]
    undo(house, imp)
    assert linked() == []


def test_who_is_erased_is_erased_with_whom_the_link_names(house: House) -> None:
    send([ANONYMOUS, bearing("2", anonymous_id="browser"), bearing("3", anonymous_id="other")])
    send([SIGNED_IN])
    assert owned(Environment.objects.get(slug="production"), [keys("ann", "browser")[0]]) == {keys("ann", "browser")[1]}
    erase(house, "ann")
    assert there() == [(None, "other")]
    assert linked() == []


def test_a_link_with_an_erased_person_is_blanked_and_the_record_still_counts_as_sent(house: House) -> None:
    imp = load(house, bearing("1", user_id="ann", timestamp="2024-03-01T00:00:00Z"))
    load(house, bearing("1", user_id="bob", anonymous_id="browser", timestamp="2024-03-01T00:00:00Z"))
    assert sorted(linked()) == sorted([keys("ann", "browser"), keys("bob", "browser")])
    erase(house, "ann")
    assert linked() == []
    assert imp.accepted == 1


def test_lists_from_before_there_were_links_are_read_and_erased_from(house: House) -> None:
    send([ANONYMOUS])
    imp = load(house, SIGNED_IN)
    (holder, path), *_ = Overlaps("production").lists()
    pq.write_table(pq.read_table(path).select(COLUMNS), path)
    assert (holder, linked()) == (imp.pk, [])
    erase(house, "ann")
    assert Overlaps("production").lists() == []


def test_a_link_that_no_record_bears_is_a_user_s_like_any_other(house: House) -> None:
    send([ANONYMOUS, bearing("2", anonymous_id="browser"), bearing("3", user_id="ann")])
    send([SIGNED_IN])
    ann, browser = keys("ann", "browser")
    (link,) = links_of("production", [ann])
    assert (link.anonymous_id, link.records, link.users) == ("browser", 0, 1)
    of_ann, of_browser = (profile("production", person, limit=9) for person in (Person(ann), Person(None, browser)))
    assert of_ann is not None and of_browser is not None
    assert [(each.id, each.first, each.is_ambiguous) for each in of_ann.links] == [("browser", None, False)]
    assert (of_ann.records, of_ann.attributed, of_browser.records) == (3, 2, 0)
    assert of_browser.belongs_to == Person(ann)


def test_a_device_that_such_a_link_shares_is_nobody_s(house: House) -> None:
    send([ANONYMOUS, bearing("2", user_id="ann", anonymous_id="browser"), bearing("3", user_id="bob")])
    send([bearing("1", user_id="bob", timestamp="2024-03-01T00:00:00Z")])
    for name in ("ann", "bob"):
        (link,) = links_of("production", [key_of(name)])
        assert (link.users, link.is_shared) == (2, True)
    found = profile("production", Person(None, key_of("browser")), limit=9)
    assert found is not None
    assert (found.ambiguous, found.belongs_to, found.records) == (2, None, 1)
    assert up_to_date_ambiguous() == [(key_of("browser"), 2, 1)]


def key_of(name: str) -> int:
    return identity.keyring().key(name)


def up_to_date_ambiguous() -> list[tuple[int, int, int]]:
    """The anonymous ids that are shared, with how many users, and how many records bear such a user."""
    found = ambiguous(up_to_date("production"), 9)
    return list(found[["anonymous_key", "users", "records"]].itertuples(index=False, name=None))
