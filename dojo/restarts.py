"""Count how often each process has exited by itself since Dojo was started."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path


def path_in(scratch: Path) -> Path:
    return scratch / "restarts.json"


class Restarts:
    """The counts of this run, also written to a file for those who show them. A full disk only affects the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: Counter[str] = Counter()
        path.unlink(missing_ok=True)  # of the previous run

    def count(self, name: str) -> None:
        """Count an exit of the process ``name``."""
        self._counts[name] += 1
        draft = self._path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(self._counts))
            draft.replace(self._path)
        except OSError:
            pass  # the next call writes all counts


def read(path: Path) -> Mapping[str, int]:
    """The exits by process; empty if there were none, or the processes weren't started by ``manage.py run``."""
    try:
        found: dict[str, int] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found
