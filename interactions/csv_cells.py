"""Cells of CSV files that a spreadsheet would take for formulas, made harmless and turned back.

A spreadsheet runs what begins with ``= + - @`` (also full-width) as a formula, which can send away what stands beside
it. Where it separates by something other than a comma, a formula in the middle of a text begins a cell, too. So an
apostrophe goes before such a formula: at the start of a text, and after each ``;``, ``|``, tab and line end in it. A
plain number is no formula and stays as it is. https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re
from typing import Any, Final

import pyarrow.compute as pc

BYTE_ORDER_MARK: Final = "\ufeff"
"""What a CSV file begins with: without it Excel reads UTF-8 as something else."""

# Both engines, Python's and the one in Arrow (RE2), read these.
_NUMBER: Final = r"^[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Spreadsheets pass over blanks and marks before a formula. Apostrophes and quotes are passed over, too: so a text that
# begins with an apostrophe gets another one, and each text can be told from every other.
_PASSED: Final = "['\" \\x{0}\\x{A0}\\x{200B}-\\x{200F}\\x{2060}\\x{FEFF}]*"
_FORMULA: Final = "[=+\\-@\\x{FF1D}\\x{FF0B}\\x{FF0D}\\x{FF20}]"
_BEGINS: Final = "^('*[\t\r\n])"
_HIDES: Final = f"(^|[;|\t\r\n])({_PASSED}{_FORMULA})"


def _for_python(pattern: str) -> str:
    """The pattern without ``^`` and ``$`` that mean a line, and with characters as Python names them."""
    named = re.sub(r"\\x\{([0-9A-F]+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)
    return named.replace("^", r"\A").replace("$", r"\Z")


_is_number = re.compile(_for_python(_NUMBER)).match
_hides = re.compile(_for_python(_HIDES))
_begins = re.compile(_for_python(_BEGINS))
_hidden = re.compile(_for_python(_HIDES).replace(")(", ")'(", 1))
_begun = re.compile(_for_python(_BEGINS).replace("(", "'(", 1))


def harmless(text: str) -> str:
    """The text with an apostrophe before each place where a spreadsheet may see a formula."""
    return text if _is_number(text) else _begins.sub(r"'\1", _hides.sub(r"\1'\2", text))


def as_it_was(cell: str) -> str:
    """What :func:`harmless` made the cell of."""
    return _hidden.sub(r"\1\2", _begun.sub(r"\1", cell))


def harmless_column(texts: Any) -> Any:
    """The same as :func:`harmless` for a column of texts, an Arrow array with or without chunks."""
    suspect = pc.or_(pc.match_substring_regex(texts, _HIDES), pc.match_substring_regex(texts, _BEGINS))
    if not pc.any(suspect).as_py():  # nearly all columns
        return texts
    safe = pc.replace_substring_regex(texts, _HIDES, r"\1'\2")
    safe = pc.replace_substring_regex(safe, _BEGINS, r"'\1")
    return pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, safe)
