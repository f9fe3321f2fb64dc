"""Exports with the folders, the queue and the Redis of the import's tests."""

from tests.ingest.imports.conftest import folders, house

__all__ = ["folders", "house"]
