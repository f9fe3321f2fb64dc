"""Keep erased people out of an import, whether they were erased before or after its blocks are read.

A block that was read already is rewritten under a new claim, so that a killed process leaves either the old files and
counts or the new ones.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence

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
    """Remove erased people's records from a batch and return how many there were.

    ``first`` is the number of its first record in the block.
    """
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
    """Remove erased people's records from the blocks of an import read so far. The caller holds the lake's lock."""
    if not tombstones:
        return
    people = Named(tombstones, imp.created_at, identity.keyring(), conservative=True)
    for block in imp.blocks.filter(state=Block.State.DONE).select_related("of"):
        try:
            if count_in(block, people):
                _write_anew(block, people)
        except FileNotFoundError:  # cancelled meanwhile: the files are being removed
            continue
        storage.remove_other_attempts(block)


def count_in(block: Block, people: Named) -> Counter[Person]:
    """Count erased people's records in the files of a block, by person."""
    found: Counter[Person] = Counter()
    if block.part_size:
        with storage.local([storage.part_path(block)]) as (path,), pq.ParquetFile(path) as part:
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
    else:  # cancelled, or read again as part of a larger block
        _remove(block)


def forget_examples(block: Block, indexes: set[int]) -> None:
    """Clear the example values of a block's problems that came from the records at ``indexes``."""
    for problem in Problem.objects.filter(block=block).exclude(value=""):
        if problem.index in indexes:
            Problem.objects.filter(pk=problem.pk).update(value="")


def _write_part(old: Block, new: Block, tombstones: Tombstones) -> tuple[Written, int, int]:
    """Also returns how many rows were left out, and the first of them."""
    gone, first, position = 0, 0, 0
    if not old.part_size:
        return Written(0, 0, None, None), 0, 0
    with (
        storage.local([storage.part_path(old)]) as (path,),
        storage.made(storage.part_path(new)) as made,
        pq.ParquetFile(path) as source,
        PartWriter(made) as writer,
    ):
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
    """Returns the index of each refused record, and whether it was left out."""
    refused = []
    source = storage.rejects_path(old)
    if not source.exists():
        return []
    with storage.made(storage.rejects_path(new)) as made, gzip.open(made, "wb", compresslevel=1) as out:
        for line, index, person in _refused_lines(source, people):
            refused.append((index, person is not None))
            if person is None:
                out.write(line)
    return refused


def _refused_lines(place: storage.Place, people: Named) -> Iterator[tuple[bytes, int, Person | None]]:
    if place.exists():
        with place.open("rb") as packed, gzip.open(packed, "rb") as lines:
            for line in lines:
                said = json.loads(line)
                yield line, said["index"], people.in_event(said["text"], said.get("whom", {}))


def _note(block: Block, records: int, index: int) -> None:
    problems = Problem.objects.filter(block=block, path=ERASED[0], rule=ERASED[1])
    if not problems.update(count=F("count") + records):
        Problem.objects.create(block=block, path=ERASED[0], rule=ERASED[1], count=records, index=index, offset=0)


def _index(row: int, first: int, refused: Sequence[int]) -> int:
    """The number of the good record at ``row``, counted from ``first`` and with the ``refused`` ones in between."""
    index = first + row
    for bad in refused:
        if bad > index:
            break
        index += 1
    return index


def _remove(block: Block) -> None:
    storage.part_path(block).unlink(missing_ok=True)
    storage.rejects_path(block).unlink(missing_ok=True)
