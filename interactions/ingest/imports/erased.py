"""Leave erased people out of an import, whether they were erased before its blocks are read or after.

A block that is read already is written anew under a new claim, so that a process that ends in the middle leaves
either the old files and counts or the new ones.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F

from interactions import identity
from interactions.codec.reader import Batch
from interactions.contract.tombstones import COLUMNS, Person, Tombstones
from interactions.ingest.imports import storage
from interactions.ingest.imports.rejects import ERASED, Named, Rejects
from interactions.models import Block, Import, Problem
from interactions.warehouse.parts import PartWriter, Written


def leave_out(batch: Batch, first: int, tombstones: Tombstones, rejects: Rejects) -> int:
    """Take erased people's records out of a batch whose first record is the block's ``first``; how many there were."""
    if not tombstones:
        return 0
    refused = [rejected.index for rejected in batch.rejected]
    total = position = 0
    for number, table in enumerate(batch.tables):
        gone = tombstones.mask(table, from_file=True)
        if gone.any():
            count = int(gone.sum())
            rejects.leave_out(count, _index(position + int(np.argmax(gone)), first, refused))
            batch.tables[number] = table.filter(pa.array(~gone))
            total += count
        position += table.num_rows
    return total


def leave_out_of(imp: Import, tombstones: Tombstones) -> None:
    """Take erased people's records out of what was read of an import so far. The lake's lock is held by the caller."""
    if not tombstones:
        return
    people = Named(tombstones, imp.created_at, identity.keyring(), conservative=True)
    for block in imp.blocks.filter(state=Block.State.DONE).select_related("of"):
        try:
            if count_in(block, people):
                _write_anew(block, people)
        except FileNotFoundError:  # cancelled meanwhile: the files go, or are gone
            continue
        _remove_others(block)


def count_in(block: Block, people: Named) -> Counter[Person]:
    """How many records of erased people the files of a block hold, by person."""
    found: Counter[Person] = Counter()
    if block.part_size:
        with pq.ParquetFile(storage.part_path(block)) as part:
            for rows in part.iter_batches(columns=COLUMNS):
                found += people.tombstones.count(pa.Table.from_batches([rows]))
    for _, _, person in _refused_lines(storage.rejects_path(block), people):
        if person is not None:
            found[person] += 1
    return found


def _write_anew(block: Block, people: Named) -> None:
    old = Block(pk=block.pk, of=block.of, number=block.number, claim=block.claim, part_size=block.part_size)
    block.claim = uuid.uuid4().hex
    refused = _write_refused(old, block, people)
    written, gone, row = _write_part(old, block, people.tombstones)
    indexes = [index for index, _ in refused]
    first = [index for index, is_gone in refused if is_gone] + ([_index(row, 0, indexes)] if gone else [])
    with transaction.atomic():
        mine = Block.objects.filter(pk=block.pk, state=Block.State.DONE, claim=old.claim)
        changed = mine.update(
            claim=block.claim,
            part_size=written.size,
            first_timestamp=written.first,
            last_timestamp=written.last,
            accepted=F("accepted") - gone,
            rejected=F("rejected") + gone,
        )
        if changed:
            _note(block, gone + sum(is_gone for _, is_gone in refused), min(first))
            forget_examples(block, {index for index, is_gone in refused if is_gone})
    if changed:
        _remove(old)
    else:  # cancelled, or read anew from another place
        _remove(block)


def forget_examples(block: Block, indexes: set[int]) -> None:
    """Take out of the problems of a block what they show of the records at ``indexes``."""
    for problem in Problem.objects.filter(block=block).exclude(value=""):
        if problem.index in indexes:
            Problem.objects.filter(pk=problem.pk).update(value="")


def _write_part(old: Block, new: Block, tombstones: Tombstones) -> tuple[Written, int, int]:
    """Also answers how many rows are left out, and the first of them."""
    gone, first, position = 0, 0, 0
    writer = PartWriter(storage.part_path(new))
    if not old.part_size:
        return writer.written, 0, 0
    with pq.ParquetFile(storage.part_path(old)) as source, writer:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            mask = tombstones.mask(table)
            if mask.any():
                first = first if gone else position + int(np.argmax(mask))
                gone += int(mask.sum())
                table = table.filter(pa.array(~mask))
            writer.add(table)
            position += len(mask)
    return writer.written, gone, first


def _write_refused(old: Block, new: Block, people: Named) -> list[tuple[int, bool]]:
    """Answers the index of each refused record, and whether it is left out."""
    refused = []
    source = storage.rejects_path(old)
    if not source.exists():
        return []
    with gzip.open(storage.rejects_path(new), "wb", compresslevel=1) as out:
        for line, index, person in _refused_lines(source, people):
            refused.append((index, person is not None))
            if person is None:
                out.write(line)
    return refused


def _refused_lines(path: Path, people: Named) -> Iterator[tuple[bytes, int, Person | None]]:
    if path.exists():
        with gzip.open(path, "rb") as lines:
            for line in lines:
                said = json.loads(line)
                yield line, said["index"], people.in_event(said["text"], said.get("whom", {}))


def _note(block: Block, records: int, index: int) -> None:
    problems = Problem.objects.filter(block=block, path=ERASED[0], rule=ERASED[1])
    if not problems.update(count=F("count") + records):
        Problem.objects.create(block=block, path=ERASED[0], rule=ERASED[1], count=records, index=index, offset=0)


def _index(row: int, first: int, refused: Sequence[int]) -> int:
    """The record's number, from ``first``, of the good one at ``row``: the ``refused`` stand between them."""
    index = first + row
    for bad in refused:
        if bad > index:
            break
        index += 1
    return index


def _remove(block: Block) -> None:
    storage.part_path(block).unlink(missing_ok=True)
    storage.rejects_path(block).unlink(missing_ok=True)


def _remove_others(block: Block) -> None:
    """Files of a block that is read which are not its own: left by attempts that were lost, or a sift of them."""
    own = {storage.part_path(block), storage.rejects_path(block)}
    for path in storage.folder(block.of).glob(f"{block.number:05d}-*"):
        if path not in own:
            path.unlink(missing_ok=True)
