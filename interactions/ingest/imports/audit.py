"""The steps of an import in the activity log."""

from __future__ import annotations

from interactions.access import audit
from interactions.models import Import


def note(action: audit.Action, imp: Import, **details: int | str) -> None:
    """All steps of an import share an id.

    The file name isn't logged: it can contain anything, and the log is permanent.
    """
    audit.note(
        action,
        environment=imp.environment,
        object=f"import {imp.pk}",
        details=details,
        shared=audit.shared_by("import", imp.pk),
    )
