"""Erase people from the rejected records of past imports: the files for download, and the examples of causes."""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from django.db.models import QuerySet

from interactions import identity
from interactions.contract import schema
from interactions.contract.tombstones import Person, Tombstones
from interactions.ingest.imports import rejected_path, storage
from interactions.ingest.imports.erased import forget_examples
from interactions.ingest.imports.rejects import Named
from interactions.models import Environment, Import, Problem


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count rejected records and examples of problems, by person."""
    found: Counter[Person] = Counter()
    for imp, path in _kept(environment):
        for _, _, person in _lines(path, _named(imp, tombstones)):
            if person is not None:
                found[person] += 1
    for problem, person in _examples(environment, tombstones):
        if person is not None and problem.value:
            found[person] += 1
    return found


def texts(environment: Environment, theirs: Tombstones) -> Iterator[bytes]:
    """These people's rejected records, as lines of the files for download."""
    for imp, path in _kept(environment):
        for line, _, person in _lines(path, _named(imp, theirs, conservative=False)):
            if person is not None:
                yield line.rstrip()


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Rewrite the files without these people's records, and clear examples from them."""
    for imp, path in _kept(environment):
        people = _named(imp, tombstones)
        gone = {record for _, record, person in _lines(path, people) if person is not None}
        if gone:
            _forget_examples_of(imp, gone)
            _write_anew(path, people)
    named = [problem.pk for problem, person in _examples(environment, tombstones) if person is not None]
    Problem.objects.filter(pk__in=named).update(value="")


def _kept(environment: Environment) -> Iterator[tuple[Import, storage.FilePlace]]:
    for imp in Import.objects.filter(environment=environment).iterator(100):
        path = rejected_path(imp)
        if path is not None:
            yield imp, path


def _named(imp: Import, tombstones: Tombstones, *, conservative: bool = True) -> Named:
    return Named(tombstones, imp.created_at, identity.keyring(), conservative)


def _lines(path: storage.FilePlace, people: Named) -> Iterator[tuple[bytes, int, Person | None]]:
    """Each line, the number of its record in the imported file (from 1), and the erased person or None."""
    try:
        with path.open("rb") as packed, gzip.open(packed, "rb") as lines:
            for line in lines:
                note = json.loads(line)[schema.NOTE]
                text = note["text"] if "text" in note else line.decode(errors="replace")
                yield line, note["record"], people.in_text(text)
    except FileNotFoundError:  # the import has been undone
        return


def _write_anew(path: storage.FilePlace, people: Named) -> None:
    written = 0
    with storage.made(path) as made:
        draft = made.with_name("rejected.draft")
        with gzip.open(draft, "wb", compresslevel=5) as out:
            for line, _, person in _lines(path, people):
                if person is None:
                    out.write(line)
                    written += 1
        if written:
            draft.replace(made)
        else:
            made.unlink(missing_ok=True)
            draft.unlink()


def _forget_examples_of(imp: Import, records: set[int]) -> None:
    """``records`` are numbers in the file, from 1; problems count within their block."""
    blocks = list(imp.blocks.order_by("number"))
    ends = list(accumulate(block.records for block in blocks))
    within: dict[int, set[int]] = {}
    for record in records:
        place = bisect_right(ends, record - 1)
        if place < len(blocks):
            within.setdefault(place, set()).add(record - 1 - (ends[place - 1] if place else 0))
    for place, indexes in within.items():
        forget_examples(blocks[place], indexes)


def _examples(environment: Environment, tombstones: Tombstones) -> Iterator[tuple[Problem, Person | None]]:
    """Examples whose value alone identifies the person."""
    shown: QuerySet[Problem] = Problem.objects.filter(block__of__environment=environment).exclude(value="")
    for problem in shown.select_related("block__of").iterator(500):
        yield problem, _named(problem.block.of, tombstones).in_value(problem.value)
