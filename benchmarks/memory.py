"""The most memory that each worker process has taken, as Linux keeps it; elsewhere nothing is known."""

from __future__ import annotations

import os
import re
from pathlib import Path

_PROC = Path("/proc")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_OWN = re.compile(r"^RssAnon:\s+(\d+) kB", re.MULTILINE)
_FORGET_PEAK = "5"  # what clear_refs takes for "start again from what is resident now"


class WorkerMemory:
    """Watches the processes that the servers called ``program`` below ``root`` have made, also those made later.

    Without more it is this process's Celery worker.
    """

    def __init__(self, program: str = "celery", root: int | None = None) -> None:
        self._program = program
        self._root = os.getpid() if root is None else root
        self.peaks: dict[int, int] = {}  # process id → bytes resident at most, as the kernel knows it
        self.own: dict[int, int] = {}  # the same without files and libraries, as often as it was looked at
        for pid in self._workers():
            try:
                (_PROC / str(pid) / "clear_refs").write_text(_FORGET_PEAK)
            except OSError:
                pass  # the peak since the process began is then what is told

    def look(self) -> None:
        """Take note of every process that lives now."""
        for pid in self._workers():
            status = _read(pid, "status")
            for pattern, largest in ((_PEAK, self.peaks), (_OWN, self.own)):
                if found := pattern.search(status):
                    largest[pid] = max(largest.get(pid, 0), int(found[1]) * 1024)

    def cpu(self) -> float:
        """User and system time that those that live now have taken, in seconds."""
        return sum(map(cpu_of, self._workers()))

    def _workers(self) -> list[int]:
        made = [pid for main in self._mains(self._root) for pid in _children(main)]
        return [pid for pid in made if "resource_tracker" not in _read(pid, "cmdline")]  # Python's own, no worker

    def _mains(self, pid: int) -> list[int]:
        """The topmost processes of that name below ``pid``."""
        found = []
        for child in _children(pid):
            found += [child] if self._program in _read(child, "cmdline") else self._mains(child)
        return found


def cpu_of(pid: int) -> float:
    """User and system time that a process has taken, in seconds; 0 where it has ended."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def own_memory() -> int:
    """What this process has resident without files and libraries, in bytes; 0 where the system does not tell."""
    found = _OWN.search(_read(os.getpid(), "status"))
    return int(found[1]) * 1024 if found else 0


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for thread in (_PROC / str(pid) / "task").glob("*")
        for child in _read(pid, f"task/{thread.name}/children").split()
    ]


def _read(pid: int, name: str) -> str:
    try:
        return (_PROC / str(pid) / name).read_text(errors="replace")
    except OSError:
        return ""  # ended meanwhile, or there is no such file on this system
