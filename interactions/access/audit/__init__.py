"""The activity log: who did what, when, where from. Entries are added and read, never changed or removed.

Who acts is set once, at the entrance (:func:`acting`: the middleware for pages, each command for itself), so that a
use case need not be told: it calls :func:`note` with what it did. All entries of one entrance share an id, unless
the caller gives one, as an import does whose end comes from a worker (:func:`shared_by`).
"""

from interactions.access.audit.write import (
    Action,
    Actor,
    ActorKind,
    acting,
    client_address,
    identify,
    note,
    shared_by,
    visiting,
)

__all__ = ["Action", "Actor", "ActorKind", "acting", "client_address", "identify", "note", "shared_by", "visiting"]
