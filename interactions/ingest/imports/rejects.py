"""Store rejected records unchanged and with their problems, so that they can be fixed and imported again."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BufferedWriter, RawIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

import msgspec
from isal import igzip

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import Violation
from interactions.contract import schema
from interactions.contract.keyring import Keyring
from interactions.contract.mentions import words_in
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones
from interactions.ingest.imports import storage
from interactions.ingest.imports.form import OF_IMPORT
from interactions.models import Block, Import, Problem

_WHOM = ("user_id", "anonymous_id", "timestamp")
_OPENING = re.compile(rb"\s*\{\s*(\}?)")
_NOTE = re.compile(rf'\s*\{{\s*"{schema.NOTE}"\s*:\s*')
_SEAM = re.compile(r"\s*,\s*")
_DECODER = json.JSONDecoder()
_encode = msgspec.json.encode
_KEY = _encode(schema.NOTE)
ERASED = ("user_id", "Erased person: records up to the deletion request are refused.")
_OTHERS = ("", "Another rule is broken: see the rejected records.")
Line = dict[str, Any]
"""A rejected record in its file: see :class:`Rejects`."""
AsRows = Callable[[Import, Iterable[Line], int | None], Iterable[Line]]
_PACKING = 2  # of four times the speed of gzip's level 5, and a quarter larger
_PACKED_BYTES = 64 << 10  # at once
_CAUSES_KEPT = 200  # per block; a file with more causes has a common one


@dataclass(frozen=True, slots=True)
class Named:
    """Finds erased people in the text of rejected records, which were received at ``received_at``.

    With ``conservative``, a text with an unreadable id from before the request counts as an erased person's.
    """

    tombstones: Tombstones
    received_at: datetime
    keyring: Keyring
    conservative: bool = False

    def in_text(self, text: str) -> Person | None:
        """The erased person that the record belongs to, ``Person()`` if that's unclear; None for everyone else."""
        return self.tombstones.named_in(text, self.received_at, self.keyring, conservative=self.conservative)

    def in_event(self, text: str, whom: dict[str, Any]) -> Person | None:
        """The same for another tool's event; ``whom`` has the ids of its interaction."""
        return self.in_text(text) or (self.in_text(json.dumps(whom)) if whom else None)

    def in_value(self, value: str) -> Person | None:
        """The same for an example value from any field of a record."""
        found = self.in_text(value)
        if found is not None:
            return found
        people = ErasedPeople(self.tombstones, self.keyring)
        return next(iter(people.met), None) if any(word in people for word in (value, *words_in(value))) else None


class Rejects:
    """Collects the rejected records of one block in a file, and their causes in Problem rows.

    A line of the file is ``{"index", "offset", "problems", "text", "whom"}``; ``index`` counts within the block.
    ``whom`` has the ids of another tool's event, to find erased people. Records of erased ``people`` are counted but
    not stored.
    """

    def __init__(self, path: Path, people: Named) -> None:
        self._path = path
        self._people = people
        self._file: BinaryIO | None = None
        self._causes: dict[tuple[str, str], Problem] = {}
        self._counts: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, rejected: Rejected) -> None:
        text = rejected.text.decode(errors="surrogateescape")
        whom = whom_of(rejected.own)
        if self._people.in_event(text, whom) is not None:
            self.leave_out(1, rejected.index)
            return
        if self._file is None:
            self._file = _packing(self._path)
        line = {
            "index": rejected.index,
            "offset": rejected.offset,
            "problems": [violation.line(rejected.index) for violation in _named(rejected)],
            "text": text,
            "whom": whom,
        }
        self._file.write(_packed(line) + b"\n")
        for violation in rejected.violations:
            self._count(violation.cause, rejected, violation.value)
        if rejected.more:
            self._count(_OTHERS, rejected, "", rejected.more)

    def _count(self, cause: tuple[str, str], rejected: Rejected, value: str, times: int = 1) -> None:
        if cause not in self._causes and len(self._causes) >= _CAUSES_KEPT:
            cause = _OTHERS
        if cause not in self._causes:
            self._causes[cause] = Problem(
                path=cause[0][:200].replace("\x00", "␀"),
                rule=cause[1][:1000],
                index=rejected.index,
                offset=rejected.offset,
                value=value[:200].replace("\x00", "␀"),  # PostgreSQL can't store NUL
            )
        self._counts[cause] += times

    def leave_out(self, records: int, index: int) -> None:
        """Count valid records of erased people, the first of which is at ``index``."""
        if ERASED not in self._causes:
            self._causes[ERASED] = Problem(path=ERASED[0], rule=ERASED[1], index=index, offset=0)
        self._counts[ERASED] += records

    def problems(self, block: Block) -> list[Problem]:
        """The causes as rows to save for ``block``."""
        for cause, problem in self._causes.items():
            problem.block = block
            problem.count = self._counts[cause]
        return list(self._causes.values())

    def __enter__(self) -> Rejects:
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _packing(path: Path) -> BinaryIO:
    """A new gzip file. It's buffered, because to pack each line by itself takes as long as all else."""
    return BufferedWriter(cast(RawIOBase, igzip.IGzipFile(path, "wb", compresslevel=_PACKING)), _PACKED_BYTES)


def whom_of(own: bytes) -> dict[str, Any]:
    """The ids and timestamp of a rejected interaction, which may be of any type."""
    try:
        record = msgspec.json.decode(own) if own else {}
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return {key: record[key] for key in _WHOM if key in record}


def _packed(line: Line) -> bytes:
    """A line as JSON, also of a text that isn't UTF-8."""
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        return json.dumps(line).encode()


def _unpacked(line: bytes) -> Line:
    try:
        return msgspec.json.decode(line, type=Line)
    except msgspec.DecodeError:  # of a text that isn't UTF-8
        found: Line = json.loads(line)
        return found


def _named(rejected: Rejected) -> list[Violation]:
    """The violations for the file of rejected records, with a note on how many aren't listed."""
    more = [Violation("", f"{rejected.more:,} more rules are broken.")] if rejected.more else []
    return [*rejected.violations, *more]


def collect(imp: Import, blocks: Iterable[Block], as_rows: AsRows | None = None) -> None:
    """Combine the rejected records of the blocks, in order, into the file for download.

    ``as_rows`` converts a block's lines to those of a table's rows; its second argument is the number of the block's
    first record in the text, or None for the first block of a table, which has no text.
    """
    with storage.made(storage.rejected_target(imp)) as final:
        draft = final.with_name("rejected.draft")
        if _collect(imp, blocks, as_rows, draft):
            draft.replace(final)
        else:
            draft.unlink()


def _collect(imp: Import, blocks: Iterable[Block], as_rows: AsRows | None, draft: Path) -> int:
    base = written = first = 0
    with _packing(draft) as out:
        for block in blocks:
            place = storage.rejects_path(block)
            if block.rejected and place.exists():
                with place.open("rb") as packed, igzip.open(packed, "rb") as file:
                    lines: Iterable[Line] = map(_unpacked, file)
                    for line in as_rows(imp, lines, first if block.end else None) if as_rows else lines:
                        out.write(_noted(line, base, imp.pk if as_rows else None) + b"\n")
                        written += 1
            base += block.records
            first += block.records if block.end else 0
    return written


def _noted(line: Line, base: int, table_of: int | None) -> bytes:
    """The unchanged record on one line, after a note that the reader ignores.

    ``table_of`` is the import of a table's row; the import's mapping can read the row again.
    """
    number = base + line["index"] + 1
    place = f"data.{line['index']}"
    note: dict[str, Any] = {
        "record": number,
        "offset": line["offset"],
        "problems": [f"data.{number - 1}{problem[len(place) :]}" for problem in line["problems"]],
        **line.get("whom", {}),
    }
    if table_of is not None:
        note |= {OF_IMPORT: table_of, "row": line.get("row", number)}
    text = _without_note(line["text"].encode(errors="surrogateescape"))
    opening = _OPENING.match(text)
    if opening is None or not _is_json(text):
        note["text"] = text.decode(errors="replace")
        return _encode({schema.NOTE: note})
    seam = b"" if opening[1] else b","
    inner = text[opening.end() - len(opening[1]) :]
    # In valid JSON, line breaks only occur between tokens, so spaces can replace them.
    one_line = inner.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"{" + _KEY + b":" + _encode(note) + seam + one_line


def _without_note(text: bytes) -> bytes:
    """The text of a record without the note of an earlier import in which it was rejected, too."""
    if _KEY not in text or not _is_json(text):
        return text
    whole = text.decode()
    front = _NOTE.match(whole)
    if front is None:
        return _without_note_within(text)
    note, end = _DECODER.raw_decode(whole, front.end())
    seam = _SEAM.match(whole, end)
    rest = whole[seam.end() if seam else end :]
    if isinstance(note, dict) and "text" in note and rest.strip() == "}":
        return str(note["text"]).encode()  # invalid JSON is still invalid
    return b"{" + rest.encode()


def _without_note_within(text: bytes) -> bytes:
    """The same if the note isn't in front, because a tool has reordered the keys."""
    record = json.loads(text)
    if not isinstance(record, dict) or schema.NOTE not in record:
        return text
    del record[schema.NOTE]
    return json.dumps(record, ensure_ascii=False).encode()


def _is_json(text: bytes) -> bool:
    """Whether ``text`` is standard JSON; Python's own parser also accepts NaN."""
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True
