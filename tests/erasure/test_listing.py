"""Lists of user ids as people have them."""

from __future__ import annotations

import io

import pytest

from interactions.erasure import LONGEST_ID
from interactions.erasure.listing import NoList, user_ids


def read(text: str) -> list[str]:
    return list(user_ids(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann\nbob\n", ["ann", "bob"]),
        ("\ufeffann\r\n\r\n  bob  \r\n", ["ann", "bob"]),
        ("user_id\nann\n", ["ann"]),
        ("name,User_ID,asked\nAnn Shirley,ann,2024\nBob,bob,2024\n", ["ann", "bob"]),
        ("ann;Ann Shirley\nbob;Bob\n", ["ann", "bob"]),
        ("ann\tAnn Shirley\n", ["ann"]),
        ('"ann, of Green Gables",1\n"say ""hi""",2\n', ["ann, of Green Gables", 'say "hi"']),
        ('id,user_id\n1,"two\nlines"\n', ["two\nlines"]),
        ("a,b\n\nshort\n", ["a", "short"]),
        ("user_id\n'=1+1\n''@ann\n-5\n", ["=1+1", "'@ann", "-5"]),  # as our CSV files have them
        ("'=1+1\n-5\n", ["'=1+1", "-5"]),  # a list has what it says
        ("", []),
    ],
)
def test_ids_are_found(text: str, found: list[str]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ann\nb\x00b\n", "no text file"),
        ("x" * (LONGEST_ID + 1), "Line 1 has more than 512 characters"),
        ('ann\n"bob', "quotes do not match"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(NoList, match=sentence):
        read(text)


def test_a_list_is_read_a_line_at_a_time() -> None:
    endless = (f"user-{number}\n" for number in range(10**12))
    ids = user_ids(endless)
    assert [next(ids) for _ in range(3)] == ["user-0", "user-1", "user-2"]
