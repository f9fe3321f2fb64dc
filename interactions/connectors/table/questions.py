"""Questions about a table that only a person can answer. Dojo asks them and never guesses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from interactions.connectors.table import times
from interactions.connectors.table.errors import Unanswered
from interactions.connectors.table.mapping import Mapping, Times
from interactions.connectors.table.rows import Table

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS: Final = 1_000
_ENOUGH: Final = 200


@dataclass(frozen=True, slots=True)
class Question:
    """``name`` is its subject: ``sheet``, ``times``, ``zone``, ``type``, ``encoding`` or ``header``.

    ``answer`` is the current answer; while it's empty, the mapping can't be used. ``choices`` are values with their
    labels; empty if the page knows them.
    """

    name: str
    sentence: str
    choices: tuple[tuple[str, str], ...] = ()
    answer: str = ""

    @property
    def is_open(self) -> bool:
        return not self.answer


def questions(table: Table, mapping: Mapping, sample: pa.Table) -> list[Question]:
    """The questions about a table, in the order to ask them. ``sample`` has its first rows."""
    asked = []
    if "sheet" in table.doubts:
        sheets = tuple((name, name) for name in table.sheets)
        asked.append(
            Question("sheet", "Which sheet of the workbook has the interactions?", sheets, table.reading.sheet)
        )
    if "encoding" in table.doubts:
        sentence = "The file isn't in UTF-8. Which encoding makes its text readable?"
        asked.append(Question("encoding", sentence, answer=table.reading.encoding))
    if "header" in table.doubts:
        asked.append(_of_header(table))
    if "type" not in mapping.fields and "type" not in mapping.constants:
        asked.append(Question("type", "Which interaction does each row stand for?"))
    return [*asked, *_of_times(mapping, sample)]


def require_answered(mapping: Mapping, sample: pa.Table) -> None:
    """Raises Unanswered if a mapping doesn't say what the times of the sample mean."""
    for question in _of_times(mapping, sample):
        if question.is_open:
            raise Unanswered(question.sentence, question.name)


def retimed(mapping: Mapping, sample: pa.Table) -> Mapping:
    """A mapping that was made for another table, with the form of this one's times, if they certainly aren't of its
    own. The form is empty if that's a question."""
    seen = times.seen(_times_in(mapping, sample))
    if not seen.forms or mapping.times.form in seen.forms:
        return mapping
    form = seen.forms[0] if len(seen.forms) == 1 else ""
    return msgspec.structs.replace(mapping, times=Times(form, mapping.times.zone))


def filled(sample: pa.Table, column: str) -> list[str]:
    """Some non-empty cells of a column."""
    cells = sample[column].slice(0, SAMPLE_ROWS).to_pylist()
    found = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    return found[:_ENOUGH]


def _of_header(table: Table) -> Question:
    choices = (
        ("2-1", "The first row has the names, the second isn't data"),
        ("2-2", "The second row has the names"),
        ("1-1", "The second row is data"),
    )
    answer = f"{table.reading.header_rows}-{table.reading.names_row}"
    return Question("header", "The second row looks like a header, too. How should the file be read?", choices, answer)


def _of_times(mapping: Mapping, sample: pa.Table) -> list[Question]:
    texts = _times_in(mapping, sample)
    if not texts:
        return []
    seen = times.seen(texts)
    asked = []
    if len(seen.forms) > 1:
        example = next(text for text in texts if text.strip())
        sentence = f'Is "{example[:40]}" written with the day first, or the month?'
        choices = tuple((form, times.FORMS[form]) for form in seen.forms)
        answer = mapping.times.form if mapping.times.form in seen.forms else ""
        asked.append(Question("times", sentence, choices, answer))
    elif not seen.forms and not mapping.times.form:
        choices = tuple(times.FORMS.items())
        asked.append(Question("times", f'How is the time "{texts[0][:40]}" written?', choices))
    if not seen.has_zone and mapping.times.form not in times.COUNTED:
        sentence = "The times don't say their time zone. Which is it?"
        asked.append(Question("zone", sentence, answer=mapping.times.zone))
    return asked


def _times_in(mapping: Mapping, sample: pa.Table) -> list[str]:
    """Some cells of the column of times; none without one."""
    column = mapping.fields.get("timestamp")
    if column is None or column not in sample.column_names:
        return []
    return [text for text in filled(sample, column) if text not in mapping.absent]
