"""Read the beginning of a file record by record, by the rule book alone.

It judges some thousand records in a tenth of a second, and needs nothing that a web process would have to load first:
the scanner takes it up to a second.
"""

from __future__ import annotations

import io
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import check_bytes, refused
from interactions.codec.split.documents import Documents
from interactions.codec.split.windows import Run, Unsound, Window
from interactions.contract.timestamps import instant


class _Said(msgspec.Struct, gc=False):
    type: str
    timestamp: str | None = None


_said = msgspec.json.Decoder(_Said)


@dataclass(slots=True)
class Sample:
    """``records`` were read; ``types`` and ``moments`` (UTC) are those of the good ones, as far as they say when."""

    records: int = 0
    types: Counter[str] = field(default_factory=Counter)
    moments: list[datetime] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, window: Window) -> None:
        for piece in window.pieces:
            text = window.text[piece.start : piece.end]
            checked = check_bytes(text) if piece.rule is None else refused(piece.rule, piece.value)
            if checked.record is None:
                offset = window.offset + piece.start
                self.rejected.append(Rejected(self.records, offset, text, checked.violations, checked.more))
            else:
                self._take(_said.decode(checked.record))
            self.records += 1

    def _take(self, said: _Said) -> None:
        self.types[said.type] += 1
        moment = instant(said.timestamp) if said.timestamp is not None else None
        if moment is not None:
            self.moments.append(moment)


def read_sample(text: bytes, *, is_whole: bool, longest: int) -> Sample:
    """The records of ``text``, the beginning of a file or all of it; one that is cut off at its end is left out.

    A record of more than ``longest`` bytes is refused.
    """
    source = Documents(io.BytesIO(text), Run(0, len(text), len(text) if is_whole else len(text) + 1), longest)
    sample = Sample()
    with suppress(Unsound):  # it ends in the middle of a record
        for window in source.each():
            sample.add(window)
    return sample
