"""Dojo's version."""

from __future__ import annotations

import tomllib
from pathlib import Path


def version_of(checkout: Path) -> str:
    """The version in ``pyproject.toml``, such as "0.1.0"."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    return str(project["version"])
