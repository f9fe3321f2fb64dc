"""Whose a record is: users by their id, and by an anonymous id only where there is no user."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring
from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import COLUMNS, ErasedPeople, Person, Tombstones, leave_out

KEYRING = Keyring(b"secret")
ASKED = datetime(2024, 6, 1, tzinfo=UTC)
ANN, BOB, BROWSER = (KEYRING.key(name) for name in ("ann", "bob", "browser"))
STONES = Tombstones.of([(ANN, None, ASKED), (None, BROWSER, ASKED)])
Row = tuple[int | None, int | None, datetime]


def table(*rows: Row, received: datetime = ASKED - timedelta(days=1)) -> pa.Table:
    columns = [*zip(*rows, strict=True), [received] * len(rows)]
    fields = [TABLE_SCHEMA.field(name) for name in COLUMNS]
    return pa.table(
        [pa.array(list(column), field.type) for column, field in zip(columns, fields, strict=True)], COLUMNS
    )


EARLY, LATE = ASKED - timedelta(days=9), ASKED + timedelta(days=9)
ROWS: list[tuple[Row, bool]] = [
    ((ANN, None, EARLY), True),
    ((ANN, BROWSER, EARLY), True),
    ((BOB, BROWSER, EARLY), False),  # his, on her device
    ((None, BROWSER, EARLY), True),
    ((None, BROWSER, LATE), True),  # received before
    ((None, ANN, EARLY), False),  # her user id as somebody's anonymous id
    ((BROWSER, None, EARLY), False),  # and the other way round
    ((None, None, EARLY), False),
]


def test_a_mask_covers_the_users_rows_and_those_of_the_anonymous_id_alone() -> None:
    assert STONES.mask(table(*(row for row, _ in ROWS))).tolist() == [theirs for _, theirs in ROWS]


def test_one_record_is_judged_as_a_row_is() -> None:
    for (user, anonymous, at), theirs in ROWS:
        assert (STONES.whose(user, anonymous, at, ASKED - timedelta(days=1)) is not None) == theirs


def test_rows_are_counted_by_person() -> None:
    counted = STONES.count(table(*(row for row, _ in ROWS)))
    assert counted == {Person(user_key=ANN): 2, Person(anonymous_key=BROWSER): 2}


def test_what_is_newer_than_the_request_is_not_theirs_to_be_erased() -> None:
    rows = table((None, BROWSER, LATE), (ANN, None, LATE), received=LATE)
    assert not STONES.mask(rows).any()
    assert leave_out(rows, STONES)[1] == 0


def test_what_is_dated_more_than_an_hour_after_it_came_is_not_newer() -> None:
    hour = timedelta(hours=1)
    ahead = [
        (ANN, None, LATE + hour),
        (ANN, None, LATE + hour + timedelta(microseconds=1)),
        (BOB, None, LATE + 2 * hour),
    ]
    assert STONES.mask(table(*ahead, received=LATE)).tolist() == [False, True, False]
    assert [STONES.whose(*row, LATE) is not None for row in ahead] == [False, True, False]


def test_a_person_blocked_for_good_has_nothing_that_is_newer() -> None:
    blocked = Tombstones.of([(ANN, None, FOR_GOOD)])
    assert blocked.mask(table((ANN, None, LATE), received=LATE)).all()
    assert blocked.last_asked <= datetime.now(UTC).timestamp() * 1e6


def test_of_several_stones_for_one_person_the_last_counts() -> None:
    twice = Tombstones.of([(None, BROWSER, EARLY - timedelta(days=9)), (None, BROWSER, ASKED)])
    assert len(twice) == 1
    assert twice.mask(table((None, BROWSER, EARLY))).all()


def test_the_digest_tells_users_from_anonymous_ids() -> None:
    assert Tombstones.of([(ANN, None, ASKED)]).digest != Tombstones.of([(None, ANN, ASKED)]).digest
    assert Tombstones.of([]).digest == ""


@pytest.mark.parametrize(
    ("record", "person"),
    [
        ({"anonymous_id": "browser"}, Person(anonymous_key=BROWSER)),
        ({"user_id": None, "anonymous_id": "browser"}, Person(anonymous_key=BROWSER)),
        ({"user_id": "bob", "anonymous_id": "browser"}, None),
        ({"user_id": "ann", "anonymous_id": "browser"}, Person(user_key=ANN)),
        ({"anonymous_id": "another"}, None),
    ],
)
def test_a_refused_record_is_theirs_by_what_its_text_says(record: dict[str, str], person: Person | None) -> None:
    assert STONES.named_in(json.dumps({"type": "nonsense", **record}), ASKED, KEYRING) == person


def test_people_are_found_by_ids_of_both_kinds() -> None:
    people = ErasedPeople(STONES, KEYRING)
    assert "ann" in people and "browser" in people and "bob" not in people
