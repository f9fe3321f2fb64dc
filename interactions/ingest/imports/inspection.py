"""Look at the beginning of a file, to say what it is before anything is loaded."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from interactions.codec import source, unpack
from interactions.codec.origin import Origin
from interactions.codec.reader import Batch, Reader
from interactions.codec.windows import Run, Unsound
from interactions.errors import FileRefused
from interactions.ingest.imports import storage
from interactions.ingest.imports.form import NO_RECORDS, form_of, opened
from interactions.ingest.imports.progress import ImportCause
from interactions.models import Import
from interactions.queries.reach import OLDEST, horizon

SAMPLE_BYTES = 1 << 20
_FIRST, _SHOWN = 3, 4000  # records shown, and characters of each


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is, found from its first ``bytes_read`` bytes (unpacked).

    ``first`` are its first records as indented JSON, cut; ``types`` the types of the good records of the sample,
    most first; ``odd_dates`` counts those of them dated after tomorrow or before 2000; ``unpacked_size`` in bytes, None
    where only unpacking would tell. ``left_out`` says in sentences what was left out so far.
    """

    format: str
    compression: str
    size: int
    unpacked_size: int | None
    bytes_read: int
    sample_records: int
    sample_rejected: int
    odd_dates: int
    types: list[tuple[str, int]]
    first: list[str]
    problems: list[ImportCause]
    left_out: str

    @property
    def rejected_sentence(self) -> str:
        """How many of the sample's records will be rejected."""
        if self.sample_records == 1:
            return "The only record read so far will be rejected."
        rejected = "All" if self.sample_rejected == self.sample_records else f"{self.sample_rejected:,}"
        return f"{rejected} of the first {self.sample_records:,} records will be rejected."


def inspect(imp: Import) -> Inspection:
    """Read a sample of the file of ``imp``. Raises FileRefused where it cannot be imported at all."""
    path = storage.upload_path(imp)
    shape, _ = form_of(path)
    with opened(path) as file:
        text = unpack.read_head(file, SAMPLE_BYTES).getvalue()
        whole, compression, left_out = file.is_read(), file.layers, file.left_out
    batches = _read(text, whole)
    records = sum(batch.records for batch in batches)
    if whole and not records:
        raise FileRefused(NO_RECORDS)
    return Inspection(
        format=shape.format,
        compression=compression,
        size=imp.size,
        unpacked_size=len(text) if whole else None if compression else imp.size,
        bytes_read=len(text),
        sample_records=records,
        sample_rejected=sum(len(batch.rejected) for batch in batches),
        odd_dates=_odd_dates(batches, horizon(timezone.now(), imp.environment.zone)),
        types=_types(batches),
        first=_first(text),
        problems=_problems(batches),
        left_out=left_out,
    )


def _read(text: bytes, whole: bool) -> list[Batch]:
    """The records of the sample; one that is cut off at its end is left out."""
    origin = Origin(0, datetime.now(UTC))
    reader = Reader(origin, None, longest=SAMPLE_BYTES)
    run = Run(0, len(text), len(text) if whole else len(text) + 1)
    batches: list[Batch] = []
    try:
        batches.extend(reader.read(io.BytesIO(text), run))
    except Unsound:
        pass  # the sample ends in the middle of a record
    return batches


def _types(batches: list[Batch]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for batch in batches:
        for table in batch.tables:
            counts.update(table["type"].to_pylist())
    return counts.most_common()


def _odd_dates(batches: list[Batch], horizon: datetime) -> int:
    moments = (table["timestamp"] for batch in batches for table in batch.tables)
    return sum(
        pc.sum(pc.or_(pc.less(each, pa.scalar(OLDEST)), pc.greater_equal(each, pa.scalar(horizon)))).as_py() or 0
        for each in moments
    )


def _problems(batches: list[Batch]) -> list[ImportCause]:
    causes: dict[tuple[str, str], ImportCause] = {}
    for batch in batches:
        for rejected in batch.rejected:
            for violation in rejected.violations:
                known = causes.get(violation.cause)
                causes[violation.cause] = ImportCause(
                    path=violation.cause[0],
                    rule=violation.rule,
                    count=known.count + 1 if known else 1,
                    record=known.record if known else rejected.index + 1,
                    offset=known.offset if known else rejected.offset,
                    value=known.value if known else violation.value,
                )
    return sorted(causes.values(), key=lambda cause: -cause.count)


def _first(text: bytes) -> list[str]:
    """The first records as a person reads JSON; what is no JSON is shown as it is."""
    shown = []
    for piece in source.first_pieces(text, _FIRST):
        try:
            value: Any = json.loads(piece)
            pretty = json.dumps(value, indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pretty = piece.decode(errors="replace")
        shown.append(pretty if len(pretty) <= _SHOWN else pretty[:_SHOWN] + "\n…")
    return shown
