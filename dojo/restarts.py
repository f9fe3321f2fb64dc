"""How often each process has ended by itself since Dojo was started."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path


def path_in(scratch: Path) -> Path:
    return scratch / "restarts.json"


class Restarts:
    """Counts of this run, kept in a file for whoever shows them. A full disk loses the file, not the counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: Counter[str] = Counter()
        path.unlink(missing_ok=True)  # of the run before

    def count(self, name: str) -> None:
        """One more end of the process ``name``."""
        self._counts[name] += 1
        draft = self._path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(self._counts))
            draft.replace(self._path)
        except OSError:
            pass  # the next one says all


def read(path: Path) -> Mapping[str, int]:
    """By process, how often it ended; nothing where none did, or where something else than ``manage.py run`` runs."""
    try:
        found: dict[str, int] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found
