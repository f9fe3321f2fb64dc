"""The activity log: who did what, when and from where. Entries are never changed or removed.

The actor is set once per request or command with :func:`acting`, so use cases just call :func:`note` with what they
did. All entries of a request or command share an id, unless the caller passes one, like imports, which continue in
workers (:func:`shared_by`).
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
