"""The Interactions page: what stands in it, at which address, for whom."""

import re

import pytest
from django.test import Client

from interactions.models import Environment, Import
from interactions.questions import question
from tests.lakes import append, record

PAGE = "/production/interactions/"
DATA = "/production/interactions/dashboard.json"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def imported(db: None) -> Import:
    """An import of one of the two records of three below."""
    environment = Environment.objects.get(slug="production")
    return Import.objects.create(environment=environment, file_name="march.json", size=1, state=Import.State.DONE)


def test_a_stranger_is_asked_to_log_in(db: None, client: Client) -> None:
    for address in (PAGE, DATA):
        assert client.get(address).headers["Location"].startswith("/login/")


def test_an_unknown_environment_is_not_found(viewer: Client) -> None:
    assert viewer.get("/nowhere/interactions/").status_code == 404
    assert viewer.get("/nowhere/interactions/dashboard.json?panel=version").status_code == 404


def test_the_page_comes_without_asking_for_numbers(viewer: Client, records: None, monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("The page waited for a question.")

    monkeypatch.setattr(question, "settled", refuse)
    page = viewer.get(PAGE).content.decode()
    assert "Interactions over time" in page
    assert 'class="skeleton"' in page


def test_the_fragment_brings_the_numbers(viewer: Client, records: None) -> None:
    fragment = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    assert "<html" not in fragment
    assert 'data-name="checkout"' in fragment
    assert "Jan 1 – 3, 2024" in fragment
    assert "50.0%" in fragment


def test_page_and_fragment_are_kept_apart_by_caches(viewer: Client, records: None) -> None:
    assert "HX-Request" in viewer.get(PAGE)["Vary"]


def test_without_scripts_one_address_gives_page_and_numbers(viewer: Client, records: None) -> None:
    page = viewer.get(PAGE).content.decode()
    address = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"', page).group(1)
    whole = viewer.get(PAGE + address.replace("&amp;", "&")).content.decode()
    assert "<html" in whole and "skeleton" not in whole.split('data-slot="by_type"')[1]
    assert re.search(r'data-figure="products">2<', whole)
    assert "Hours of the week" in whole and ">p2<" in whole


def test_nothing_in_the_page_is_inline(viewer: Client, records: None) -> None:
    for page in (viewer.get(PAGE), viewer.get(PAGE + "?figures=now"), viewer.get("/playground/interactions/")):
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*(\ssrc=|\stype=\"application/json\"))", text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_an_environment_without_data_says_what_to_do(analyst: Client) -> None:
    page = analyst.get(PAGE).content.decode()
    assert "Production has no interactions yet" in page
    assert 'href="/production/interactions/imports/new/"' in page
    assert 'name="action" value="sample"' in page


def test_who_may_not_import_is_offered_no_import(viewer: Client, records: None) -> None:
    assert "Import data file" not in viewer.get(PAGE).content.decode()
    assert "Load sample data" not in viewer.get("/playground/interactions/").content.decode()


def test_who_may_import_is_offered_it(analyst: Client, records: None) -> None:
    assert "Import data file" in analyst.get(PAGE).content.decode()


def test_what_the_address_says_wrongly_is_named(viewer: Client, records: None) -> None:
    fragment = viewer.get(PAGE + "?period=fortnight&from=2024-13-01", headers=FRAGMENT).content.decode()
    assert "period=fortnight" in fragment
    assert "from=2024-13-01 in the address isn&#x27;t a date" in fragment
    assert 'data-name="checkout"' in fragment


def test_an_empty_period_says_so(viewer: Client, records: None) -> None:
    fragment = viewer.get(PAGE + "?from=2020-01-01&to=2020-02-01", headers=FRAGMENT).content.decode()
    assert "There are no interactions in this period." in fragment


# --- One import ---


def test_an_import_is_shown_alone_and_can_be_cleared(viewer: Client, records: None, imported: Import) -> None:
    append([record("like", "2024-03-05T00:00:00Z")], import_id=imported.pk)
    fragment = viewer.get(f"{PAGE}?import={imported.pk}", headers=FRAGMENT).content.decode()
    assert f"Import {imported.pk} · march.json" in fragment
    assert 'id="clear-import" href="?"' in fragment
    assert "data-version" in fragment
    assert "Mar 5, 2024" in fragment
    assert 'data-name="like"' in fragment and 'data-name="checkout"' not in fragment


def test_an_import_of_another_environment_is_not_found(viewer: Client, records: None, imported: Import) -> None:
    assert viewer.get(f"/playground/interactions/?import={imported.pk}").status_code == 404
    for address in ("dashboard.json?panel=version&", "panels/?"):
        assert viewer.get(f"/playground/interactions/{address}import={imported.pk}").status_code == 404
