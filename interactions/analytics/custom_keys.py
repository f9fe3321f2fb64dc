"""How fields that are keys of custom_context are named; apart, so that the API's documents need no engine for it."""

from __future__ import annotations

from typing import Final

CUSTOM: Final = "custom_context."
"""The prefix of fields that are keys of custom_context. Their scalars are compared as text."""
