"""Lists of ids as people have them."""

from __future__ import annotations

import io

import pytest

from interactions.privacy import LONGEST_ID
from interactions.privacy.id_file import NoList, ids
from interactions.privacy.ids import Id


def read(text: str, *, anonymous: bool = False) -> list[Id]:
    return list(ids(io.StringIO(text, newline=""), anonymous=anonymous))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann\nbob\n", ["ann", "bob"]),
        ("\ufeffann\r\n\r\n  bob  \r\n", ["ann", "  bob  "]),
        ("a,b\nCN=jane,OU=x\n", ["a,b", "CN=jane,OU=x"]),
        ("ann;Ann\tShirley", ["ann;Ann\tShirley"]),
        ('"quoted"\nhalf"\n', ['"quoted"', 'half"']),
        ("trail \n lead\n", ["trail ", " lead"]),
        ("\n \nann\n", ["ann"]),
        ("ann\ufeff\n", ["ann\ufeff"]),
        ("'=1+1\n-5\n", ["'=1+1", "-5"]),
        ("", []),
    ],
)
def test_without_a_heading_each_line_is_an_id_as_it_is_written(text: str, found: list[str]) -> None:
    assert read(text) == [Id(each) for each in found]


def test_ids_without_a_heading_are_of_the_kind_that_was_said() -> None:
    assert read("browser,1\n", anonymous=True) == [Id("browser,1", is_anonymous=True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user_id\nann\n", [Id("ann")]),
        ("\ufeffuser_id\r\nann \r\n", [Id("ann ")]),
        ("name,User_ID,asked\nAnn Shirley,ann,2024\nBob,bob,2024\n", [Id("ann"), Id("bob")]),
        ("user_id;name\nann;Ann Shirley\n", [Id("ann")]),
        ("name\tuser_id\nAnn\tann\n", [Id("ann")]),
        ('user_id\n"ann, of Green Gables"\n"say ""hi"""\n', [Id("ann, of Green Gables"), Id('say "hi"')]),
        ('id,user_id\n1,"two\nlines"\n', [Id("two\nlines")]),
        ("user_id\n'=1+1\n''@ann\n-5\n", [Id("=1+1"), Id("'@ann"), Id("-5")]),  # as our CSV files have them
        ("anonymous_id\nbrowser\n", [Id("browser", is_anonymous=True)]),
        ("user_id,anonymous_id\nann,browser\n,phone\n", [Id("ann"), Id("browser", True), Id("phone", True)]),
    ],
)
def test_columns_are_read_where_the_first_line_names_them(text: str, found: list[Id]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ann\nb\x00b\n", "isn't a text file"),
        ("x" * (LONGEST_ID + 1), "Line 1: no user id has more than 512 characters"),
        ('user_id\nann\n"bob', "quotes do not match"),
        ("user_id\na,b\n", "Line 2 has more columns than the first line. Put double quotes around"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(NoList, match=sentence):
        read(text)


def test_a_list_is_read_a_line_at_a_time() -> None:
    endless = (f"user-{number}\n" for number in range(10**12))
    found = ids(endless)
    assert [next(found).text for _ in range(3)] == ["user-0", "user-1", "user-2"]
