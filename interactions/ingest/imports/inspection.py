"""Look at the beginning of a file, to say what it is before anything is loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from interactions import unpack
from interactions.analytics.periods import OLDEST, horizon
from interactions.codec import source
from interactions.codec.rejected import Rejected
from interactions.errors import FileRefused
from interactions.ingest.imports import storage
from interactions.ingest.imports.events_found import EVENTS_BYTES, EventsFound, events_found
from interactions.ingest.imports.form import NO_RECORDS, OWN, form_of, opened
from interactions.ingest.imports.progress import ImportCause
from interactions.ingest.imports.sample import read_sample
from interactions.models import Import

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
    events: EventsFound | None = None

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
    form = form_of(path, connector=imp.connector or OWN)
    with opened(path) as file:
        text = unpack.read_head(file, EVENTS_BYTES if imp.connector else SAMPLE_BYTES).getvalue()
        whole, compression, left_out = file.is_read(), file.layers, file.left_out
    events = events_found(imp, text, is_whole=whole) if imp.connector else None
    sample = events.sample if events else read_sample(text, is_whole=whole, longest=SAMPLE_BYTES)
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
        first=_first(events.lines if events else text),
        problems=_problems(sample.rejected),
        left_out=left_out,
        events=events,
    )


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
