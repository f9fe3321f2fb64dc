"""Saved views: save, change, delete, and list those that a user may see."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.models import Environment, SavedView
from interactions.saved.query import lasting, names_people

MOST: Final = 200
"""Views that one user sees in an environment."""


class ViewRefused(DojoError):
    """A view can't be saved or changed as asked."""


def visible(environment: Environment, user: User, *, sees_people: bool) -> QuerySet[SavedView]:
    """The user's own views and those shared with them, by name; without those about people if they may see none."""
    found = SavedView.objects.filter(Q(is_shared=True) | Q(created_by=user), environment=environment)
    return found if sees_people else found.filter(names_people=False)


def start_of(environment: Environment, *, sees_people: bool) -> SavedView | None:
    """The view that is the environment's start page, if there is one that the user may see."""
    found = SavedView.objects.filter(environment=environment, is_start=True).first()
    return found if found is None or sees_people or not found.names_people else None


def save(
    environment: Environment, user: User, *, name: str, page: str, query: str, is_shared: bool, sees_people: bool
) -> SavedView:
    """Save a page's query string as a view. Raises ViewRefused, QueryTooLong."""
    kept = lasting(query)
    is_about_people = names_people(kept, environment)
    if is_about_people and not sees_people:
        raise ViewRefused("Only members who may see people can save a filter about a person.")
    try:
        with transaction.atomic():
            _demand_free(environment, user, name, is_shared=is_shared)
            if SavedView.objects.filter(environment=environment, created_by=user).count() >= MOST:
                raise ViewRefused(f"You have {MOST} views. Delete one first.")
            view = SavedView.objects.create(
                environment=environment,
                created_by=user,
                name=name,
                page=page,
                query=kept,
                names_people=is_about_people,
                is_shared=is_shared,
            )
            _note(Action.VIEW_SAVED, view, page=page, shared=is_shared)
    except IntegrityError as error:  # somebody took the name in the same moment
        raise _taken(name) from error
    return view


def change(view: SavedView, *, name: str, is_shared: bool) -> None:
    """Rename a view, share it, or stop sharing it; then it's its author's alone, and no start page. Raises
    ViewRefused."""
    try:
        with transaction.atomic():
            row = SavedView.objects.select_for_update().get(pk=view.pk)
            if (row.name, row.is_shared) == (name, is_shared):
                return
            _demand_free(row.environment, row.created_by, name, is_shared=is_shared, but=row)
            row.name, row.is_shared = name, is_shared
            row.is_start = row.is_start and is_shared
            row.save(update_fields=["name", "is_shared", "is_start"])
            _note(Action.VIEW_CHANGED, row, shared=is_shared)
    except SavedView.DoesNotExist as error:
        raise ViewRefused("This view has been deleted.") from error
    except IntegrityError as error:
        raise _taken(name) from error


def delete(view: SavedView) -> None:
    """Delete a view. Does nothing if it's deleted already."""
    with transaction.atomic():
        if SavedView.objects.filter(pk=view.pk).delete()[0]:
            _note(Action.VIEW_DELETED, view)


def set_start(view: SavedView, *, is_start: bool) -> None:
    """Make a shared view the start page of its environment, in place of another, or no longer. Raises ViewRefused."""
    with transaction.atomic():
        rows = SavedView.objects.filter(environment=view.environment_id)
        row = rows.select_for_update().filter(pk=view.pk).first()
        if row is None or (is_start and not row.is_shared):
            raise ViewRefused("Share this view with the members first: the start page is the same for all.")
        if is_start and row.names_people:
            raise ViewRefused("A view about a person can't be the start page, because not everybody may see it.")
        if row.is_start == is_start:
            return
        rows.filter(is_start=True).update(is_start=False)
        rows.filter(pk=row.pk).update(is_start=is_start)
        _note(Action.VIEW_CHANGED, row, start=is_start)


def _demand_free(
    environment: Environment, user: User, name: str, *, is_shared: bool, but: SavedView | None = None
) -> None:
    """Names differ among the views that one user sees, in more than upper and lower case. Raises ViewRefused."""
    seen = Q(is_shared=True) | Q(created_by=user)
    same = SavedView.objects.filter(seen, environment=environment, name__iexact=name)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise _taken(name)


def _taken(name: str) -> ViewRefused:
    return ViewRefused(f'There is already a view called "{name}". Choose another name.')


def _note(action: Action, view: SavedView, **details: str | bool) -> None:
    """Without the name: somebody may have written a person's there, and the log can't be erased from."""
    audit.note(action, environment=view.environment, object=f"saved view {view.pk}", details=details)
