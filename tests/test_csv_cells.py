"""No cell of a CSV file is a formula, whatever the spreadsheet separates by, and each can be turned back."""

from __future__ import annotations

import csv
import io
import math

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interactions.csv_cells import as_it_was, harmless, harmless_column

FORMULAS = "=+-@＝＋－＠"
PASSED = ' "\x00\xa0\u200b\u2060\ufeff'
TEXTS = st.text(st.sampled_from([*FORMULAS, *PASSED, *"';|\t\r\n,a1.e()"]), max_size=12)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 123", "'+49 30 123"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        (" =1", "' =1"),
        ('"=1', "'\"=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\ta", "'\ta"),
        ("red;=1;-2", "red;'=1;'-2"),
        ("red\t@a\n=b", "red\t'@a\n'=b"),
        ("red|+1", "red|'+1"),
        ("'=1", "''=1"),  # so that both can be told apart
    ],
)
def test_a_formula_has_an_apostrophe_before_it(text: str, cell: str) -> None:
    assert harmless(text) == cell


@pytest.mark.parametrize(
    "text",
    [
        "-8845298781299428018",
        "+49301234",
        "-1.5",
        "-.5",
        "-1e-7",
        "",
        "a",
        "a=1",
        "red - blue",
        "t-shirt",
        "'tis",
        "a,-b",
    ],
)
def test_numbers_and_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@given(TEXTS)
@example("-1\n")
def test_each_cell_can_be_turned_back(text: str) -> None:
    assert as_it_was(harmless(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_a_column_is_made_harmless_like_its_cells(texts: list[str]) -> None:
    column = pa.chunked_array([pa.array([*texts, None], pa.string())])
    assert harmless_column(column).to_pylist() == [*map(harmless, texts), None]


@given(TEXTS, st.sampled_from(",;|\t"))
def test_no_separator_of_a_spreadsheet_makes_a_formula(text: str, separator: str) -> None:
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(["first", harmless(text), "last"])
    read = io.StringIO(line.getvalue().replace("\0", ""), newline="")
    cells = [cell for row in csv.reader(read, delimiter=separator) for cell in row]
    begin = [cell.lstrip(PASSED) for cell in cells]
    assert not [cell for cell in begin if cell.startswith(tuple(FORMULAS)) and not is_number(cell)]


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
