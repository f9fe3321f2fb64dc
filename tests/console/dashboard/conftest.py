"""Who looks at the dashboard, and what there is to be seen."""

from pathlib import Path

import pytest

from tests.lakes import append, record


@pytest.fixture(autouse=True)
def here(own_folders: Path, own_cache: None) -> None:
    """Each test's table, index and remembered answers are its own."""


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
