"""The machine and the versions that figures belong to."""

from __future__ import annotations

import platform
import re
from importlib.metadata import version
from pathlib import Path

from dojo.cores import cores

_PACKAGES = ("msgspec", "pyarrow", "deltalake", "duckdb", "celery", "Django", "pandas")


def facts() -> dict[str, str]:
    """What is worth knowing of the machine, in words."""
    return {
        "Cores": f"{cores()}",
        "Processor": _processor(),
        "Memory": _memory(),
        "System": platform.platform(terse=True),
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }


def _processor() -> str:
    """The processor's name as Linux tells it; elsewhere as much as Python knows."""
    found = re.search(r"^model name\s*: (.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def _memory() -> str:
    found = re.search(r"^MemTotal:\s+(\d+) kB", _text("/proc/meminfo"), re.MULTILINE)
    return f"{int(found[1]) / (1 << 20):.1f} GiB" if found else "not known"


def _text(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
