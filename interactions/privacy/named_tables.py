"""Find people in a file of a table. Its columns may not be mapped yet, so any cell may be an id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interactions.connectors.columnar import MAGIC
from interactions.connectors.table import open_table
from interactions.connectors.table.workbook import OFFICE, ZIP, is_workbook
from interactions.contract.mentions import words_in
from interactions.contract.tombstones import ErasedPeople, Person
from interactions.errors import FileRefused
from interactions.unpack import Openable, open_text, read

if TYPE_CHECKING:
    import pyarrow as pa

_TITLES: Final = 64 << 10  # bytes in which titles and headers are searched, which aren't rows
_JSON: Final = r"^\s*[\[{\"]"


def named_in_table(path: Openable, people: ErasedPeople) -> frozenset[Person]:
    """Which of ``people`` are named in any cell of any sheet; ``Person()``, who may be anybody, if only a part of the
    file has arrived and can't be read without the rest."""
    try:
        table = open_table(path)
        people.look_for(table.columns)
        for texts in table.texts():
            people.look_for_in(texts)
            _look_into_json(texts, people)
    except FileRefused:
        if _is_closed(path):
            return frozenset({Person()})
    _look_into_titles(path, people)
    return frozenset(people.met)


def _look_into_json(texts: pa.Array, people: ErasedPeople) -> None:
    """Search the texts that are JSON word by word."""
    from pyarrow import compute as pc

    found = texts.filter(pc.match_substring_regex(texts, _JSON)).to_pylist()
    people.look_for({word for text in found for word in words_in(text)})


def _look_into_titles(path: Openable, people: ErasedPeople) -> None:
    """Search the beginning of a text word by word."""
    try:
        with open_text(path, everything=True) as text:
            people.look_for(words_in(read(text, _TITLES).decode(errors="replace")))
    except FileRefused:
        return


def _is_closed(path: Openable) -> bool:
    """Whether a file is of a format whose last bytes say where everything is."""
    with path.open("rb") as file:
        magic = file.read(4)
    return magic in (MAGIC, OFFICE) or (magic == ZIP and is_workbook(path))
