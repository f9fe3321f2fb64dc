"""Write a version of an index to files, and map it from them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path

import numpy as np
import pyarrow as pa

from interactions import identity
from interactions.analytics.index import arrow_files, devices, manifest, pair_files, run_files, text_files
from interactions.analytics.index.dictionaries import AGENT, FORMS, PAIR
from interactions.analytics.index.manifest import Manifest, RunFiles, TextFile
from interactions.analytics.index.run import Index, Run, Texts
from interactions.analytics.index.text_files import MappedTexts


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapped index, its manifest, and its ``texts`` and ``runs`` by the names of their files."""

    manifest: Manifest
    index: Index
    texts: dict[str, MappedTexts]
    runs: dict[str, Run]


def read(folder: Path, environment: str, found: Manifest, before: Mapped | None) -> Mapped:
    """Map all files that aren't mapped in ``before``. Raises FileNotFoundError if one no longer exists."""
    known = before.texts if before else {}
    texts = {
        file.name: known.get(file.name) or text_files.read(folder, file)
        for files in found.texts.values()
        for file in files
    }
    runs = {run.name: _read_run(folder, run, before) for run in found.runs}
    if before is not None and before.manifest.pairs == found.pairs:
        pairs, of_pairs = before.index.pairs, before.index.lookups[PAIR]
    else:
        pairs, of_pairs = pair_files.read(folder, found.pairs)
    of = {name: [texts[file.name] for file in found.texts[name]] for name in FORMS}
    index = Index(
        environment,
        found.version,
        tuple(runs[run.name] for run in found.runs),
        pairs,
        Texts(**{name: pa.chunked_array([each.texts for each in of[name]], form) for name, form in FORMS.items()}),
        found.first,
        found.last,
        {PAIR: of_pairs, **{name: tuple(each.lookup for each in of[name]) for name in FORMS}},
        found.custom_keys,
        _devices(of[AGENT]),
    )
    return Mapped(found, index, texts, runs)


def write(folder: Path, index: Index, note: bytes, before: Mapped | None) -> Manifest:
    """Write the parts of ``index`` that aren't in files of ``before`` or of its build yet, and return the manifest."""
    name = secrets.token_hex(8)
    _write_note(note_path(folder, name), note)
    return Manifest(
        manifest.FORMAT,
        identity.keyring().check,
        index.version,
        index.first,
        index.last,
        tuple(_write_run(folder, run, before) for run in index.runs),
        {name: _write_texts(folder, index, name, before) for name in FORMS},
        pair_files.write(folder, index.pairs, before.manifest.pairs, before.index.pairs)
        if before
        else pair_files.write(folder, index.pairs, (), None),
        name,
        index.custom_keys,
    )


def note_path(folder: Path, name: str) -> Path:
    """The file of the keeper's note."""
    return folder / f"{name}.note"


def _devices(agents: Sequence[MappedTexts]) -> np.ndarray:
    """The devices of the first user agents, up to a file that doesn't have those of today's rules."""
    known = takewhile(lambda each: devices.COLUMN in each.more, agents)
    return np.concatenate([np.empty(0, np.uint8), *(each.more[devices.COLUMN] for each in known)])


def _write_texts(folder: Path, index: Index, name: str, before: Mapped | None) -> tuple[TextFile, ...]:
    known = [(file, before.texts[file.name]) for file in before.manifest.texts[name]] if before else []
    if name != AGENT:
        return text_files.write(folder, getattr(index.texts, name), [(file, each.texts) for file, each in known])
    kept = [(file, each.texts) for file, each in known if devices.COLUMN in each.more]
    return text_files.write(folder, index.texts.agent, kept, partial(devices.column_of, index))


def _read_run(folder: Path, files: RunFiles, before: Mapped | None) -> Run:
    run = before.runs.get(files.name) if before else None
    if before is None or run is None:
        return run_files.read(folder, files.name, nobody=files.nobody, dead=files.dead)
    is_same = files in before.manifest.runs
    return run if is_same else replace(run, dead=run_files.read_dead(folder, files.dead))


def _write_run(folder: Path, run: Run, before: Mapped | None) -> RunFiles:
    name = run_files.move(folder, run)
    if name is None:
        name = secrets.token_hex(8)
        run_files.write(folder, name, run)
    if run.dead is None:
        return RunFiles(name, run.nobody)
    files = next((each for each in before.manifest.runs if each.name == name), None) if before else None
    was = before.runs[name].dead if before and files else None
    if files is not None and was is not None and np.array_equal(run.dead, was):
        return files
    dead = secrets.token_hex(8)
    arrow_files.write(run_files.dead_path(folder, dead), {"dead": pa.array(run.dead)})
    return RunFiles(name, run.nobody, dead)


def _write_note(path: Path, note: bytes) -> None:
    with path.open("wb") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
