"""Reasons why a cluster didn't answer, as sentences for the page."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from interactions.errors import DataNotReady


def address() -> str:
    """Host and port of the cluster, without the keys that its URL may hold."""
    parts = urlsplit(settings.ENGINE_URL)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


class ClusterUnavailable(DataNotReady):
    """The cluster gave no answer. The page says so and tries again."""


class SparkClientMissing(ClusterUnavailable):
    """The package that speaks Spark Connect isn't installed."""

    def __init__(self) -> None:
        super().__init__(
            "ENGINE_URL names a query engine, but the package pyspark-client isn't installed. Run make setup "
            "EXTRAS=cluster and restart Dojo."
        )


class ClusterAway(ClusterUnavailable):
    """The cluster can't be reached, or refuses the connection."""

    def __init__(self) -> None:
        super().__init__(
            f"The query engine at {address()} doesn't answer. Check that it runs and that ENGINE_URL is right."
        )


class ClusterSlow(ClusterUnavailable):
    """It took longer than ENGINE_TIMEOUT_SECONDS."""

    def __init__(self) -> None:
        super().__init__(
            f"The query engine at {address()} didn't finish within {settings.ENGINE_TIMEOUT_SECONDS} seconds. Choose a "
            "shorter period, give the engine more machines, or set ENGINE_TIMEOUT_SECONDS higher."
        )


class ClusterRefused(ClusterUnavailable):
    """It answered with an error."""

    def __init__(self) -> None:
        super().__init__(
            f"The query engine at {address()} couldn't answer. Check that it can read the lake; its own log says more."
        )


class KeyRefused(ClusterUnavailable):
    """Its JSON paths can't express a key in the filter."""

    def __init__(self) -> None:
        super().__init__(
            "The query engine can't look for this key of custom_context, because of the punctuation in it. "
            "Remove the filter."
        )
