"""Records at the edges of what is accepted, on pages that say days and months."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from interactions.models import Environment
from tests import cast
from tests.ingest.imports.edges import accepted
from tests.ingest.imports.house import House

PAGES = ("overview/health/", "people/figures/", "privacy/retention/?months=1", "interactions/records/")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_pages_of_days_and_months_show_them(zone: str, client: Client, house: House) -> None:
    cache.clear()
    client.force_login(cast.owner())
    Environment.objects.filter(slug="production").update(time_zone=zone)
    house.done(b"\n".join(accepted(1, 29)), name="edges.jsonl")
    assert [client.get(f"/production/{page}").status_code for page in PAGES] == [200] * len(PAGES)
