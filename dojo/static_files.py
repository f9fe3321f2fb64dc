"""Static files: which are collected, and the names they are served by."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFinder(FileSystemFinder):
    """Collects our own static files, and the files of packages in PACKAGE_FILES. Packages have a hundred times as many
    files as the pages load.
    """

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            prefix: str = getattr(storage, "prefix", "") or ""
            if not prefix or any(fnmatch(f"{prefix}/{path}", pattern) for pattern in settings.PACKAGE_FILES):
                yield path, storage


class AppFinder(AppDirectoriesFinder):
    """Collects the static files of apps, except htmx's extensions.

    No page loads them, and they import htmx by a bare name, which needs an import map.
    """

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            if not path.startswith("django_htmx/ext/"):
                yield path, storage


class Storage(CompressedManifestStaticFilesStorage):
    """Names each file by its content, also in imports between script modules."""

    support_js_module_import_aggregation = True
