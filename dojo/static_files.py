"""The static files: which are gathered, and under what names they are served."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFinder(FileSystemFinder):
    """Gathers our own static files, and of the packages those that PACKAGE_FILES names.

    A package holds a hundred times what the pages load.
    """

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            prefix: str = getattr(storage, "prefix", "") or ""
            if not prefix or any(fnmatch(f"{prefix}/{path}", pattern) for pattern in settings.PACKAGE_FILES):
                yield path, storage


class AppFinder(AppDirectoriesFinder):
    """Gathers the static files of the apps, but for htmx's extensions.

    No page loads those, and they import htmx by a bare name that only an import map resolves.
    """

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            if not path.startswith("django_htmx/ext/"):
                yield path, storage


class Storage(CompressedManifestStaticFilesStorage):
    """Names each file by its content, also where one script module imports another."""

    support_js_module_import_aggregation = True
