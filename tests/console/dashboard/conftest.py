"""Who looks at the dashboard, and what there is to be seen."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from tests import cast
from tests.lakes import append, record


@pytest.fixture(autouse=True)
def here(settings, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


@pytest.fixture
def reader(db: None, client: Client) -> Client:
    """Somebody who may look and not import."""
    client.force_login(cast.viewer())
    return client


@pytest.fixture
def analyst(db: None, client: Client) -> Client:
    """Somebody who may import too."""
    client.force_login(cast.analyst())
    return client


@pytest.fixture
def records() -> None:
    append(
        [
            record("search", "2024-01-01T10:00:00Z", user_id="u1"),
            record("checkout", "2024-01-03T11:30:00Z", user_id="u1", anonymous_id="a1", product_ids=["p1", "p2"]),
        ],
        import_id=1_000_001,
    )


@pytest.fixture
def shop() -> None:
    """A visit of a shop, from a search to a check-out."""
    start = {"user_id": "u1", "page_url": "https://shop.example/p?x=1", "region": "Wien", "locale": "de-AT"}
    miso = "3f0c6a36-5c1f-4a57-a6f5-6c6c3a9d2f10"
    append(
        [
            record("search", "2024-01-01T10:00:00Z", keywords="dome tent", **start),
            record("impression", "2024-01-01T10:00:05Z", product_ids=["p1"], miso_id=miso, **start),
            record("product_detail_page_view", "2024-01-01T10:01:00Z", product_ids=["p1"], miso_id=miso, **start),
            record("add_to_cart", "2024-01-01T10:05:00Z", product_ids=["p1"], **start),
            record("checkout", "2024-01-01T10:09:00Z", product_ids=["p1"], revenue=12.5, **start),
        ]
    )
