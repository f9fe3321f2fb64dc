"""A full disk with the folders, the queue and the Redis of the import's tests."""

import numba.core.extending  # noqa: F401 - a page loads it in a thread, which must not meet an import's own loading

from tests.ingest.imports.conftest import folders, house
from tests.privacy.conftest import at_once

__all__ = ["at_once", "folders", "house"]
