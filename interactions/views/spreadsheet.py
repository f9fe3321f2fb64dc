"""Texts in files that are opened with a spreadsheet."""

from __future__ import annotations

from typing import Any


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, so that it does not: names are free to choose."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
