"""Inspect the beginning of a file to describe it before it's loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from interactions import unpack
from interactions.analytics.periods import OLDEST, horizon
from interactions.codec.rejected import Rejected
from interactions.errors import FileRefused
from interactions.ingest.imports import storage
from interactions.ingest.imports.events_found import EVENTS_BYTES, EventsFound, events_found
from interactions.ingest.imports.form import NO_RECORDS, OWN, form_of, opened
from interactions.ingest.imports.progress import ImportCause
from interactions.ingest.imports.sample import FileSample, FirstRecord, read_sample, rejected_sentence
from interactions.models import Import

SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """The description of a file from its first ``bytes_read`` unpacked bytes.

    ``first`` are its first interactions as they will be stored, with their problems. ``types`` counts the valid records
    of the sample by type, most frequent first; ``odd_dates`` counts those dated after tomorrow or before 2000.
    ``unpacked_size`` is in bytes, None if it isn't known before unpacking. ``left_out`` are sentences about what was
    left out so far, and ``ignored`` counts records by ignored field.
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
    first: list[FirstRecord]
    problems: list[ImportCause]
    left_out: str
    ignored: list[tuple[str, int]]
    events: EventsFound | None = None

    @property
    def is_all_rejected(self) -> bool:
        return 0 < self.sample_records == self.sample_rejected

    @property
    def rejected_sentence(self) -> str:
        """How many of the sample's records will be rejected."""
        return rejected_sentence(self.sample_rejected, self.sample_records, "record")


def inspect(imp: Import, types: Mapping[str, str | None] | None = None) -> Inspection:
    """Read a sample of the import's file. Raises FileRefused if it can't be imported at all.

    ``types`` are the chosen types by event name, the saved ones by default.
    """
    path = storage.upload_path(imp)
    form = form_of(path, connector=imp.connector or OWN)
    with opened(path) as file:
        text = unpack.read_head(file, EVENTS_BYTES if imp.connector else SAMPLE_BYTES).getvalue()
        whole, compression, left_out = file.is_read(), file.layers, file.left_out
    events = events_found(imp, text, types, is_whole=whole) if imp.connector else None
    sample = events.sample if events else _sample(imp, text, is_whole=whole)
    if whole and not sample.records and not (events and events.count):
        raise FileRefused(NO_RECORDS)
    return Inspection(
        format=form.shape.format,
        compression=compression,
        size=imp.size,
        unpacked_size=len(text) if whole else None if compression else imp.size,
        bytes_read=len(text),
        sample_records=sample.records,
        sample_rejected=len(sample.rejected),
        odd_dates=_odd_dates(sample.moments, horizon(timezone.now(), imp.environment.zone)),
        types=sample.types.most_common(),
        first=sample.first,
        problems=_problems(sample.rejected),
        left_out=left_out,
        ignored=sample.ignored.most_common(),
        events=events,
    )


def _sample(imp: Import, text: bytes, *, is_whole: bool) -> FileSample:
    ignores = imp.ignore_unknown_fields
    return read_sample(text, is_whole=is_whole, longest=SAMPLE_BYTES, ignores_unknown=ignores)


def _odd_dates(moments: list[datetime], horizon: datetime) -> int:
    return sum(moment < OLDEST or moment >= horizon for moment in moments)


def _problems(refused: list[Rejected]) -> list[ImportCause]:
    causes: dict[tuple[str, str], ImportCause] = {}
    for rejected in refused:
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
