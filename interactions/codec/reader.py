"""Read a byte range of a file: valid records become tables, invalid ones are reported.

The scanner reads as many records as it can, and the rule book decides on those that it doesn't accept. Where the
scanner can't tell where a record ends, the text is split into single records; then the scanner continues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import pyarrow as pa

from interactions.codec.origin import Origin
from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import MOST_NAMED, Checked, check_bytes, refused, remembered_suggestions
from interactions.codec.split.documents import Documents
from interactions.codec.split.syntax import MOST_LINES_BYTES
from interactions.codec.split.values import ListedValues
from interactions.codec.split.windows import MOST_PIECES, ByteRange, Window
from interactions.compiled.first_load import FIRST_LOAD
from interactions.contract.keyring import Keyring

if TYPE_CHECKING:
    from interactions.codec.scanner.scanner import Scanned, Scanner

_LONG = 200  # records; if the scanner stops sooner, it's faster to split a whole window first
_UNREADABLE = "It cannot be read."
_MOST_IGNORED = 1_000  # distinct names of ignored fields that are counted
_OTHER_FIELDS = "(other fields)"


@dataclass(slots=True)
class Batch:
    """The records of one window of ``size`` bytes. ``untimed`` counts accepted records without a timestamp."""

    size: int
    records: int = 0
    untimed: int = 0
    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.records - len(self.rejected)


class _Doubtful(NamedTuple):
    """A record that the scanner doesn't accept: its offset in the file, and the rule that it's known to break."""

    offset: int
    text: bytes
    rule: str | None = None
    value: str = ""


class Reader:
    """Reads byte ranges for one origin. Records longer than ``longest`` bytes are rejected.

    Without a ``keyring`` the key columns are null. With ``only_checks`` no tables are made. With ``ignores_unknown``
    unknown fields are dropped instead of rejecting the record; ``ignored`` counts the records that had them, by field.
    """

    def __init__(
        self,
        origin: Origin,
        keyring: Keyring | None,
        *,
        longest: int,
        only_checks: bool = False,
        ignores_unknown: bool = False,
    ) -> None:
        self._origin, self._keyring, self._longest, self._only_checks = origin, keyring, longest, only_checks
        self._ignores_unknown = ignores_unknown
        self._suggest = remembered_suggestions()
        self.ignored: Counter[str] = Counter()
        self.most_named = MOST_NAMED  # violations listed per record; may be lowered while reading

    @cached_property
    def _scanner(self) -> Scanner:
        with FIRST_LOAD:
            from interactions.codec.scanner.scanner import Scanner  # loading compiled code takes a moment

        return Scanner(self._origin, self._keyring, only_checks=self._only_checks)

    def read(self, file: BinaryIO, run: ByteRange) -> Iterator[Batch]:
        """Read a byte range in file order. Raises Unsound if its end isn't a record boundary."""
        return self._read(Documents(file, run, self._longest))

    def read_values(self, text: bytes) -> Iterator[Batch]:
        """Read the values of a valid JSON list, given without its brackets."""
        return self._read(ListedValues(text))

    def _read(self, source: Documents | ListedValues) -> Iterator[Batch]:
        """Alternate between the scanner and splitting. The longer the scanner makes no progress, the more records are
        split at once."""
        window: Window | None = source.lead()
        index, most = 0, 1
        while window is not None:
            batch = self._split(window, index)
            index += batch.records
            if batch.size or batch.records:
                yield batch
            scanned = 0
            for batch in self._scanned(source, index):
                scanned += batch.records
                yield batch
            index += scanned
            most = 1 if scanned >= _LONG else min(4 * most, MOST_PIECES)
            window = source.next(most, waits=scanned > 0)

    def _scanned(self, source: Documents | ListedValues, index: int) -> Iterator[Batch]:
        """What the scanner can read of the next window."""
        text, offset, start = source.text(), source.offset, 0
        longest = min(self._longest, MOST_LINES_BYTES)
        for found in self._scanner.read(text, may_end=partial(source.may_end, text), most=longest):
            source.skip(found.end - start)
            doubtful = {
                number: _Doubtful(offset + first, text[first:end]) for number, (first, end) in found.doubtful.items()
            }
            yield self._batch(found, found.end - start, index, doubtful)
            index, start = index + found.records, found.end

    def _split(self, window: Window, index: int) -> Batch:
        """Read the records of a window that has been split."""
        whole: dict[int, _Doubtful] = {}
        doubtful: dict[int, _Doubtful] = {}
        for number, (start, end, rule, value, is_damaged) in enumerate(window.pieces):
            piece = _Doubtful(window.offset + start, window.text[start:end], rule, value)
            (doubtful if is_damaged or rule is not None else whole)[number] = piece
        found = self._scanner.read_each([piece.text for piece in whole.values()])
        numbers = list(whole)
        doubtful.update((numbers[place], whole[numbers[place]]) for place in found.doubtful)
        found.records = len(window.pieces)
        return self._batch(found, window.size, index, dict(sorted(doubtful.items())))

    def _batch(self, found: Scanned, size: int, index: int, doubtful: dict[int, _Doubtful]) -> Batch:
        """The records that the scanner has ``found`` in ``size`` bytes. The rule book decides on the ``doubtful`` ones,
        by their numbers in order; ``index`` is that of the first record."""
        batch = Batch(size, found.records, found.untimed, found.tables)
        checked = {number: self._check(each) for number, each in doubtful.items()}
        plain = {number: each.record for number, each in checked.items() if each.record is not None}
        if plain:
            again = self._scanner.read_each(list(plain.values()))
            numbers = [number for number in range(found.records) if number not in doubtful]
            for place, number in enumerate(plain):
                if place in again.doubtful:  # the scanner is stricter than the rule book, which is a bug
                    checked[number] = refused(_UNREADABLE)
                else:
                    numbers.append(number)
            batch.untimed += again.untimed
            if again.tables:
                order = pa.array(sorted(range(len(numbers)), key=numbers.__getitem__))
                batch.tables = [pa.concat_tables([*found.tables, *again.tables]).take(order)]
        batch.rejected = [
            Rejected(index + number, doubtful[number].offset, doubtful[number].text, each.violations, each.more)
            for number, each in checked.items()
            if each.record is None
        ]
        return batch

    def _check(self, doubtful: _Doubtful) -> Checked:
        if doubtful.rule is not None:
            return refused(doubtful.rule, doubtful.value)
        fields = set[str]() if self._ignores_unknown else None
        checked = check_bytes(doubtful.text, self.most_named, fields, self._suggest)
        if checked.record is not None:
            _count_ignored(self.ignored, fields or ())
        return checked


def _count_ignored(counted: Counter[str], fields: Iterable[str]) -> None:
    """Count a record's ignored fields; beyond _MOST_IGNORED names, new ones count as "other"."""
    for name in fields:
        counted[name if name in counted or len(counted) < _MOST_IGNORED else _OTHER_FIELDS] += 1
