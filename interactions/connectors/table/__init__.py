"""Convert tables to interactions by a mapping of their columns: CSV and the like, Parquet, workbooks, and other JSON.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from interactions.connectors import table
>>> with TemporaryDirectory() as folder:
...     file = Path(folder, "sales.csv")
...     _ = file.write_text("when,event,sku\\n2026-11-02 10:00,view,mug-7\\n")
...     opened = table.open_table(file)
...     sample = table.sample_of(opened)
...     mapping = table.suggested(sample)
...     [question.name for question in table.questions(sample, mapping)]
['zone']
"""

from __future__ import annotations

from interactions.connectors.table.errors import (
    Damaged,
    Empty,
    Encrypted,
    MappingRefused,
    NoTable,
    OneColumn,
    RowTooLong,
    TooManyColumns,
    Unanswered,
)
from interactions.connectors.table.given import as_before, open_table
from interactions.connectors.table.mapping import FIELDS, Mapping, Reading, Skip, Times, fits, shape
from interactions.connectors.table.originals import MOST_AT_ONCE, rows_of, rows_of_orders
from interactions.connectors.table.preview import Preview, Sample, Shown, preview, sample_of
from interactions.connectors.table.questions import Question
from interactions.connectors.table.questions import questions as _questions
from interactions.connectors.table.records import Records, TableChunk
from interactions.connectors.table.rows import Table
from interactions.connectors.table.suggest import completed as _completed
from interactions.connectors.table.suggest import suggested as _suggested
from interactions.connectors.table.suggest import type_table
from interactions.connectors.table.utf8 import ENCODINGS

__all__ = [
    "ENCODINGS",
    "FIELDS",
    "MOST_AT_ONCE",
    "Damaged",
    "Empty",
    "Encrypted",
    "Mapping",
    "MappingRefused",
    "NoTable",
    "OneColumn",
    "Preview",
    "Question",
    "Reading",
    "Records",
    "RowTooLong",
    "Sample",
    "Shown",
    "Skip",
    "Table",
    "TableChunk",
    "Times",
    "TooManyColumns",
    "Unanswered",
    "as_before",
    "fits",
    "open_table",
    "preview",
    "questions",
    "rows_of",
    "rows_of_orders",
    "sample_of",
    "shape",
    "suggested",
    "suggested_for",
    "type_table",
]


def suggested(sample: Sample) -> Mapping:
    """Suggest a mapping for a table from the names of its columns and the values in its first rows."""
    return _suggested(sample.columns, sample.rows.table, sample.reading)


def suggested_for(sample: Sample, mapping: Mapping) -> Mapping:
    """Complete a mapping from the values of its columns: the form of their times and the separators of their lists."""
    return _completed(sample.rows.table, mapping)


def questions(sample: Sample, mapping: Mapping) -> list[Question]:
    """The questions about a table that only a person can answer, in order. Open ones block an import."""
    return _questions(sample, mapping, sample.rows.table)
