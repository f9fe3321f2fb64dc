"""What becomes of an import, for the activity log."""

from __future__ import annotations

from interactions.access import audit
from interactions.models import Import


def note(action: audit.Action, imp: Import, **details: int | str) -> None:
    """All steps of one import share an id. Its file's name stays out of the log: it may hold anything, forever."""
    audit.note(
        action,
        environment=imp.environment,
        object=f"import {imp.pk}",
        details=details,
        shared=audit.shared_by("import", imp.pk),
    )
