"""Records without a user id of an anonymous id that is the person's go with theirs; those of others stay."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from interactions import identity, process_caches
from interactions.analytics import id_pairs
from interactions.analytics.id_pairs import SeenPairs
from interactions.models import DeletionRequest, Environment, InboxEntry
from tests import figures
from tests.ingest.imports.files import Record, as_lines, record, records
from tests.ingest.imports.house import House, rows

from .people import ANN, asked, erased, of_ann, settled, traces

BROWSER, TABLET = "browser-of-ann", "tablet-of-all"
VERIFIED = DeletionRequest.State.VERIFIED


def nobodys(number: int, anonymous_id: str, **fields: object) -> Record:
    return record(number, user_id=None, anonymous_id=anonymous_id, **fields)


def home() -> list[Record]:
    """Ann's own browser, before and after she said who she is, and a tablet that Bob uses as well."""
    return [
        nobodys(1, BROWSER), nobodys(2, BROWSER), of_ann(3, anonymous_id=BROWSER), of_ann(4, anonymous_id=TABLET),
        nobodys(5, TABLET), record(6, user_id="bob", anonymous_id=TABLET), *records(3, start=10),
    ]  # fmt: skip


def shown() -> int:
    totals = figures.totals("production")
    return totals.interactions if totals else 0


def test_linked_records_are_hidden_at_once_and_erased_with_the_person(house: House, folders: Path) -> None:
    house.done(as_lines(home()))
    request = asked(house)
    assert (request.people, request.linked, shown()) == (1, 1, 5)
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.erased) == (VERIFIED, 4)
    assert traces(folders, ANN) == traces(folders, BROWSER) == []


def test_requests_that_are_carried_together_keep_their_own_links(house: House) -> None:
    house.read(as_lines([*home(), nobodys(20, "bobs"), record(21, user_id="bob", anonymous_id="bobs")]))
    both = [asked(house), asked(house, "bob")]
    house.carry("erase_people")
    keyring = identity.keyring()
    linked = [request.tombstones.filter(user_key=None).values_list("anonymous_key", flat=True) for request in both]
    assert [list(keys) for keys in linked] == [[keyring.key(BROWSER)], [keyring.key("bobs")]]


def test_the_links_of_a_part_are_read_once(house: House) -> None:
    house.done(as_lines(home()))
    with patch.object(process_caches, "empty"):  # as the erasure of an earlier test has them emptied within a moment
        assert asked(house).linked == 1
        with patch.object(id_pairs, "_read") as read:
            assert asked(house).linked == 1
    assert not read.called


@given(
    seen=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), max_size=12),
    asked_for=st.lists(st.integers(-3, 3), max_size=4),
)
def test_an_anonymous_id_is_owned_by_whoever_alone_was_seen_with_it(
    seen: list[tuple[int, int]], asked_for: list[int]
) -> None:
    users = {anonymous: {user for other, user in seen if other == anonymous} for anonymous, _ in seen}
    owned = {anonymous for anonymous, found in users.items() if len(found) == 1 and found <= set(asked_for)}
    found = np.array(seen, np.int64).reshape(-1, 2)
    assert SeenPairs(found[:, 0], found[:, 1]).owned(asked_for) == owned


def test_a_shared_device_attributes_nothing(house: House) -> None:
    house.done(as_lines(home()))
    erased(house)
    assert [row["user_id"] for row in rows() if row["anonymous_id"] == TABLET] == [None, "bob"]


def test_the_old_file_does_not_bring_the_linked_records_back(house: House) -> None:
    house.done(as_lines(home()))
    erased(house)
    again = house.done(as_lines(home()))
    assert (again.accepted, again.rejected, again.duplicates) == (0, 4, 5)


def test_a_link_that_waits_in_the_inbox_counts(house: House) -> None:
    house.done(as_lines([nobodys(1, BROWSER), *records(3, start=10)]))
    InboxEntry.objects.create(
        environment=Environment.objects.get(slug="production"), received_at=timezone.now(), records=1,
        text=json.dumps(of_ann(2, anonymous_id=BROWSER)).encode(),
    )  # fmt: skip
    request = erased(house)
    assert (request.state, request.linked, len(rows())) == (VERIFIED, 1, 3)


def test_a_link_in_the_inbox_to_somebody_else_makes_the_device_shared(house: House) -> None:
    house.done(as_lines([nobodys(1, BROWSER), *records(3, start=10)]))
    made = [of_ann(2, anonymous_id=BROWSER), record(3, user_id="bob", anonymous_id=BROWSER)]
    InboxEntry.objects.create(
        environment=Environment.objects.get(slug="production"), received_at=timezone.now(), records=2,
        text=json.dumps(made)[1:-1].encode(),
    )  # fmt: skip
    assert (erased(house).linked, len(rows())) == (0, 4)


def test_a_link_that_an_import_is_reading_counts(house: House, folders: Path) -> None:
    imp = house.read(as_lines(home()))
    request = asked(house)
    assert request.linked == 0
    house.carry("erase_people")
    request.refresh_from_db()
    house.carried(imp)
    settled(house, request)
    assert (request.state, request.linked, imp.accepted) == (VERIFIED, 1, 5)
    assert traces(folders, BROWSER) == []


def test_refused_and_waiting_records_of_the_anonymous_id_go_as_well(house: House, folders: Path) -> None:
    house.done(as_lines([*home(), nobodys(20, BROWSER, type="rate", rating="five")]))
    InboxEntry.objects.create(
        environment=Environment.objects.get(slug="production"), received_at=timezone.now(), records=1,
        text=json.dumps(nobodys(21, BROWSER)).encode(),
    )  # fmt: skip
    assert erased(house).state == VERIFIED
    assert not InboxEntry.objects.exists()
    assert traces(folders, BROWSER) == []
