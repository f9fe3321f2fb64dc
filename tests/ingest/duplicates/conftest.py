"""Both ways in, each test with a data folder of its own."""

from tests.committed import committed, production
from tests.ingest.imports.conftest import emptied, folders, house
from tests.ingest.live.conftest import lake

__all__ = ["committed", "emptied", "folders", "house", "lake", "production"]
