"""Fields that Dojo doesn't know can be left out of records, and are counted by name."""

from __future__ import annotations

import io
import json

import pytest

from interactions.codec.reader import Reader
from interactions.codec.rulebook import check_bytes
from interactions.codec.split.windows import ByteRange
from tests.codec.read import KEYRING, LONGEST, RECEIVED, Origin, Outcome

LIKE = {"type": "like", "user_id": "ann"}


def read(*records: object, ignores: bool = True) -> tuple[Outcome, dict[str, int]]:
    text = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    reader = Reader(Origin(7, RECEIVED), KEYRING, longest=LONGEST, ignores_unknown=ignores)
    outcome = Outcome()
    for batch in reader.read(io.BytesIO(text), ByteRange(0, len(text), len(text))):
        outcome.add(batch)
    return outcome, dict(reader.ignored)


def test_records_are_read_without_them() -> None:
    odd = {**LIKE, "colour": "red", "size": {"eu": [1, 2]}, "none": None}
    search = {"type": "search", "search": {"keywords": "mug", "page": 2}}
    found, ignored = read(LIKE, odd, search, LIKE)
    assert (found.records, found.rejected) == (4, [])
    assert [record.get("search") for record in found.accepted] == [None, None, {"keywords": "mug"}, None]
    assert ignored == {"colour": 1, "size": 1, "search.page": 1}


def test_only_where_it_is_asked() -> None:
    found, ignored = read({**LIKE, "colour": "red"}, ignores=False)
    assert (found.rules, ignored) == (["colour: There is no such field."], {})


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        ({"colour": 1}, "type: It is required."),
        ({**LIKE, "colour": 1, "rating": 3}, "rating: like has no such field."),
        ({**LIKE, "colour": 1, "user_id": 7}, "user_id: It must be a string."),
    ],
)
def test_other_rules_hold_and_rejected_records_leave_nothing_out(record: object, rule: str) -> None:
    found, ignored = read(record, LIKE)
    assert (found.rules, ignored) == ([rule], {})


def test_a_verdict_does_not_depend_on_the_neighbours() -> None:
    many = [{**LIKE, f"f{number % 7}": number} if number % 3 else LIKE for number in range(2_000)]
    found, ignored = read(*many)
    assert (len(found.accepted), found.rejected) == (2_000, [])
    assert sum(ignored.values()) == sum(number % 3 > 0 for number in range(2_000))


def test_names_without_end_are_counted_together() -> None:
    found, ignored = read(*({**LIKE, f"f{number}": 1} for number in range(1_500)))
    assert (len(found.accepted), len(ignored), ignored["(other fields)"]) == (1_500, 1_001, 500)


def test_the_rule_book_says_what_it_left_out() -> None:
    ignored: set[str] = set()
    checked = check_bytes(json.dumps({**LIKE, "my colour": 1}).encode(), ignored=ignored)
    assert (json.loads(checked.record or b""), ignored) == (LIKE, {"my_colour"})
