"""Check that no newer version has migrated the database."""

from __future__ import annotations

from django.conf import settings
from django.db.migrations.executor import MigrationExecutor


class NewerDatabase(Exception):
    """A newer Dojo has migrated the database; the message is a sentence for the operator."""


def unknown(executor: MigrationExecutor) -> list[str]:
    """The migrations in the database, of installed apps, that this code doesn't have, as "app.0001_name"."""
    apps = executor.loader.migrated_apps
    known = set(executor.loader.disk_migrations) | set(executor.loader.replacements)
    known.update(key for each in executor.loader.replacements.values() for key in each.replaces)
    applied = executor.loader.applied_migrations
    return sorted(f"{app}.{name}" for app, name in applied if app in apps and (app, name) not in known)


def require_known(executor: MigrationExecutor) -> None:
    """Raises NewerDatabase if the database has a migration that this code doesn't have."""
    newer = unknown(executor)
    if newer:
        raise NewerDatabase(
            f"This database was made by a newer Dojo than {settings.VERSION} (it has {newer[-1]}). Start that version, "
            "or restore a backup that this one made: manage.py restore."
        )
