"""Ids are found in any text: whatever is wrong with it, and however they are spelled."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.contract.keyring import Keyring
from interactions.contract.mentions import said_in, words_in
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones
from interactions.privacy.id_fields import ANONYMOUS, NONE, USER, next_field
from interactions.privacy.named_files import named_in

KEYRING = Keyring(b"secret")
ASKED = datetime(2024, 6, 1, tzinfo=UTC)
BEFORE, AFTER = ASKED - timedelta(days=1), ASKED + timedelta(days=1)
ANN, BROWSER = Person(user_key=KEYRING.key("ann")), Person(anonymous_key=KEYRING.key("browser"))
STONES = Tombstones.of([(ANN.user_key, None, ASKED), (None, BROWSER.anonymous_key, ASKED)])

SPELLED = [
    '{"user_id":"ann"}',
    '{"user_\\u0069d":"ann"}',
    '{"user_id":"a\\u006en"}',
    '{"\\u0075\\u0073\\u0065\\u0072\\u005F\\u0069\\u0064" : "\\u0061\\u006E\\u006E"}',
    '{"userId":"ann"}',
    '{"user-id" :\n "ann"}',
    '{"user_id":["bob","ann"]}',
    '{"user_id":{"$oid":"ann"}}',
    '{"user_id":"ann","user_id":"bob"}',
    '{"deep":[{"user_id":"ann"}]}',
    json.dumps(json.dumps({"user_id": "ann"})),
    json.dumps(json.dumps({"user_id": "ann"}).replace("nn", "\\u006en")),
]
DAMAGED = [
    '{"user_id":"ann"',
    '{"type" "read","user_id":"ann"}',
    '{"user_id" "ann"}',
    "{'user_id': 'ann'}",
    "{user_id: ann}",
    '"read","user_\\u0069d":"a\\u006en","x":tru}',
    'x"},{"type":"read","user_id":"ann"}',
    '{"type":"re"ad","user_id":"ann"}',
    '\\"user_id\\": \\"ann\\"}',
]


@pytest.mark.parametrize("text", [*SPELLED, *DAMAGED])
def test_an_id_is_found_in_a_refused_record_however_it_is_spelled(text: str) -> None:
    assert STONES.named_in(text, BEFORE, KEYRING) == ANN
    assert STONES.named_in(text.replace("nn", "na"), BEFORE, KEYRING) in (None, ANN)  # where nothing was escaped: none


@pytest.mark.parametrize("text", [text for text in [*SPELLED, *DAMAGED] if text != '{"user_id" "ann"}'])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_id_is_found_in_a_file_wherever_it_is_cut(text: str, size: int) -> None:
    whole = text.encode()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert named_in(pieces, ErasedPeople(STONES, KEYRING)) == {ANN}


def test_other_ids_and_other_fields_are_not_taken_for_theirs() -> None:
    for text in ('{"user_id":"bob"}', '{"product_id":"ann"}', '{"superuser_id": 1}', '{"anonymous_id":"ann"}', "null"):
        assert STONES.named_in(text, BEFORE, KEYRING) is None
        assert named_in([text.encode()], ErasedPeople(STONES, KEYRING)) == set()


def test_an_anonymous_id_is_theirs_in_a_record_without_a_user_id_alone() -> None:
    assert STONES.named_in('{"anonymous_\\u0069d":"browser"}', BEFORE, KEYRING) == BROWSER
    assert STONES.named_in('{"anonymous_id":"browser","user_id":"bob"}', BEFORE, KEYRING) is None
    assert named_in([b'{"anonymousId":"browser"}'], ErasedPeople(STONES, KEYRING)) == {BROWSER}


@pytest.mark.parametrize("text", ['{"user_id":"an', '{"user_id":"a\\qn"}', '{"user_id":"a\\ud800"} x'])
def test_an_id_that_cannot_be_read_is_anybodys_where_it_came_before_they_asked(text: str) -> None:
    assert STONES.named_in(text, BEFORE, KEYRING) is None
    assert STONES.named_in(text, BEFORE, KEYRING, conservative=True) == Person()
    assert STONES.named_in(text, AFTER, KEYRING, conservative=True) is None


def test_damage_elsewhere_makes_no_record_anybodys() -> None:
    assert STONES.named_in('{"user_id":"bob","rating":"fi', BEFORE, KEYRING, conservative=True) is None


def test_blanks_of_any_length_part_no_field() -> None:
    pieces = [b'{"user_id"', b" " * 300_000, b":", b"\n" * 300_000, b'"an', b'n"}']
    assert named_in(pieces, ErasedPeople(STONES, KEYRING)) == {ANN}


def test_blanks_at_the_end_of_an_id_are_part_of_it_wherever_it_is_cut() -> None:
    stones = Tombstones.of([(KEYRING.key("ann  "), None, ASKED)])
    assert named_in([b'{"user_id":"ann ', b' "}'], ErasedPeople(stones, KEYRING))
    assert not named_in([b'{"user_id":"ann', b' "}'], ErasedPeople(stones, KEYRING))


def test_all_who_are_named_in_a_file_are_found() -> None:
    text = b'{"user_id":"ann"}\n{"anonymous_id":"browser"}\n'
    assert named_in([text], ErasedPeople(STONES, KEYRING)) == {ANN, BROWSER}


def test_an_id_of_half_a_character_is_nobodys() -> None:
    assert named_in([b'{"user_id":"\\ud800"}', b'{"user_id":"\xff"}'], ErasedPeople(STONES, KEYRING)) == set()


@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.booleans())
def test_any_id_is_found_behind_any_text(before: str, identifier: str, ascii_only: bool) -> None:
    try:
        stones = Tombstones.of([(KEYRING.key(identifier), None, ASKED)])
    except UnicodeEncodeError:
        return
    text = before + json.dumps({"user_id": identifier}, ensure_ascii=ascii_only)
    assert named_in([text.encode(errors="surrogatepass")], ErasedPeople(stones, KEYRING))


@pytest.mark.parametrize("text", [each * 9_000 for each in (b":", b" :", b"_ :", b'user_id:"', b"\\:")])
def test_the_loop_looks_back_no_further_than_the_colon_before(text: bytes) -> None:
    """Counted: every field that it finds lies behind the one before, and it comes to the end."""
    codes, place, found = np.frombuffer(text + b"\x00" * 8, np.uint8), 0, 0
    while True:
        place, kind = next_field(codes, place, len(text))
        if kind == NONE:
            break
        found += 1
    assert place == len(text) and found == text.count(b"user_id:") and {USER, ANONYMOUS, NONE} == {0, 1, 2}


def test_words_grow_with_the_text_and_not_faster() -> None:
    text = "\"a\\\" b, 'c' {" * 2_000
    assert len(said_in(text).words | words_in(text)) < 20
