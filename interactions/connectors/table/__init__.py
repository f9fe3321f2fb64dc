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

from importlib import import_module

from interactions.connectors.table.errors import (
    Damaged,
    Empty,
    EmptyWorkbook,
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
from interactions.connectors.table.questions import retimed as _retimed
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
    "EmptyWorkbook",
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
    "is_own",
    "load",
    "open_table",
    "preview",
    "questions",
    "retimed",
    "rows_of",
    "rows_of_orders",
    "sample_of",
    "shape",
    "suggested",
    "suggested_for",
    "type_table",
]


def load() -> None:
    """Load the libraries and the compiled code, compiling it if necessary, so that the first table isn't slow."""
    import pyarrow as pa

    from interactions.connectors.table.assembly import lines
    from interactions.connectors.table.plain import json_of

    for library in ("duckdb", "pyarrow.csv"):
        import_module(library)
    lines(pa.array(["view"]), {"user_id": ('"', pa.array(["a"]), '"'), "context.page.url": (pa.array(['"/"']),)})
    mapping = Mapping(times=Times("iso", "UTC"), separators={"product_ids": "|", "quantities": "|"})
    for field in ("timestamp", "product_ids", "quantities", "context.truncated_ip"):
        json_of(field, pa.chunked_array([["1|2"]]), mapping)


def suggested(sample: Sample) -> Mapping:
    """Suggest a mapping for a table from the names of its columns and the values in its first rows."""
    return _suggested(sample.columns, sample.rows.table, sample.reading)


def suggested_for(sample: Sample, mapping: Mapping) -> Mapping:
    """Complete a mapping from the values of its columns: the form of their times and the separators of their lists."""
    return _completed(sample.rows.table, mapping)


def retimed(sample: Sample, mapping: Mapping) -> Mapping:
    """Adapt a saved mapping to the form of this table's times."""
    return _retimed(mapping, sample.rows.table)


def questions(sample: Sample, mapping: Mapping) -> list[Question]:
    """The questions about a table that only a person can answer, in order. Open ones block an import."""
    return _questions(sample, mapping, sample.rows.table)


def is_own(sample: Sample, mapping: Mapping) -> bool:
    """Whether a table's columns have the names of Dojo's fields, so that the suggested ``mapping`` needs no look, but
    maybe a time zone."""
    has_names = all(mapping.fields.get(column) == column for column in sample.columns)
    return has_names and {question.name for question in questions(sample, mapping)} <= {"zone"}
