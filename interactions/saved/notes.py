"""Notes on days: add, change, delete, and list them for charts over time."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.models import Annotation, Environment

MOST: Final = 1_000
"""Notes of an environment."""


class NoteRefused(DojoError):
    """A note can't be written."""


def add(environment: Environment, user: User, *, day: date, text: str) -> Annotation:
    """Write a note on a day in the environment's time zone. Raises NoteRefused."""
    with transaction.atomic():
        if Annotation.objects.filter(environment=environment).count() >= MOST:
            raise NoteRefused(f"{environment.name} has {MOST:,} notes. Delete one first.")
        note = Annotation.objects.create(environment=environment, created_by=user, day=day, text=text)
        _note(Action.NOTE_ADDED, note, day)
    return note


def change(note: Annotation, *, day: date, text: str) -> None:
    """Change a note. Raises NoteRefused if it was deleted."""
    with transaction.atomic():
        if not Annotation.objects.filter(pk=note.pk).update(day=day, text=text):
            raise NoteRefused("This note has been deleted.")
        _note(Action.NOTE_CHANGED, note, day)


def delete(note: Annotation) -> None:
    """Delete a note. Does nothing if it's deleted already."""
    with transaction.atomic():
        pk, day = note.pk, note.day
        if Annotation.objects.filter(pk=pk).delete()[0]:
            note.pk = pk
            _note(Action.NOTE_DELETED, note, day)


def between(environment: Environment, first: date | None, last: date | None) -> list[Annotation]:
    """The notes on the days from ``first`` to ``last``, latest first; None for no bound."""
    found = Annotation.objects.filter(environment=environment).select_related("created_by")
    found = found.filter(day__gte=first) if first else found
    return list(found.filter(day__lte=last) if last else found)


def _note(action: Action, note: Annotation, day: date) -> None:
    """Without the text: somebody may have named a person, and the log can't be erased from."""
    audit.note(action, environment=note.environment, object=f"note {note.pk}", details={"day": day.isoformat()})
