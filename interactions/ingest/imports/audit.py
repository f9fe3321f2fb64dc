"""The steps of an import in the activity log, and who is told of its end."""

from __future__ import annotations

from interactions.access import audit
from interactions.models import Import


def note(action: audit.Action, imp: Import, **details: int | str) -> None:
    """All steps of an import share an id.

    The file name isn't logged: it can contain anything, and the log is permanent.
    """
    entry = audit.note(
        action,
        environment=imp.environment,
        object=f"import {imp.pk}",
        details=details,
        shared=audit.shared_by("import", imp.pk),
    )
    from interactions.notifications import messages  # it queues tasks as imports do

    if action == audit.Action.IMPORT_FAILED:
        messages.import_failed(imp, entry.pk)
    elif action == audit.Action.IMPORT_DONE:
        counts = {name: int(details.get(name, 0)) for name in ("accepted", "rejected")}
        messages.import_finished(imp, entry.pk, **counts, duplicates=int(details.get("already_there", 0)))
