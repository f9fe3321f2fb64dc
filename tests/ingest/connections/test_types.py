"""What event names stand for, chosen for an environment and a source: by whatever way the events come."""

from __future__ import annotations

from typing import Any

import pytest

from interactions.connectors import SOURCES
from interactions.contract import schema
from interactions.ingest.connections import types
from interactions.ingest.connections.types import TypeRefused, default_types, keep_types, kept_types, options_of
from interactions.models import ActivityEntry, Environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def production() -> Environment:
    return Environment.objects.get(slug="production")


def test_what_was_chosen_is_kept_for_one_environment_and_source(production: Environment) -> None:
    assert keep_types(production, "segment", {"Signed Up": "custom", "Product Viewed": None}) == 2
    assert options_of(production.pk, "segment").types == {"Signed Up": "custom", "Product Viewed": None}
    assert kept_types(production.pk, "mixpanel") == {}
    other = Environment.objects.get(slug="development")
    assert kept_types(other.pk, "segment") == {}


def test_another_choice_takes_the_place_of_the_former_and_a_default_forgets_it(production: Environment) -> None:
    keep_types(production, "segment", {"Signed Up": "custom", "Article Read": "read"})
    assert keep_types(production, "segment", {"Signed Up": "like"}, defaults=frozenset({"Article Read", "Never"})) == 2
    assert kept_types(production.pk, "segment") == {"Signed Up": "like"}


def test_only_what_changes_is_counted_and_noted(production: Environment) -> None:
    keep_types(production, "segment", {"Signed Up": "custom"})
    assert keep_types(production, "segment", {"Signed Up": "custom"}, defaults=frozenset({"Other"})) == 0
    noted = ActivityEntry.objects.get(action="connection_changed")
    assert noted.details == {"changed": "types of events", "names": 1}


@pytest.mark.parametrize(
    ("source", "chosen"),
    [
        ("segment", {"Signed Up": "sign_up"}),
        ("segment", {"": "like"}),
        ("segment", {"x" * 201: "like"}),
        ("segment", {"a\x00b": "like"}),
        ("dojo", {"like": "dislike"}),
        ("fax", {"Fax": "like"}),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(production: Environment, source: str, chosen: Any) -> None:
    with pytest.raises(TypeRefused):
        keep_types(production, source, chosen)
    assert kept_types(production.pk, source) == {}


def test_names_are_limited_in_number(production: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "MOST_CHOSEN", 2)
    keep_types(production, "segment", {"a": "like", "b": "like"})
    with pytest.raises(TypeRefused, match="at most 2"):
        keep_types(production, "segment", {"c": "like"})
    keep_types(production, "segment", {"c": "like"}, defaults=frozenset({"a"}))
    assert set(kept_types(production.pk, "segment")) == {"b", "c"}


def test_a_sources_own_table_says_the_rest() -> None:
    assert default_types("segment", "Product Viewed") == ("product_detail_page_view",)
    assert default_types("segment", "Signed Up") == ()
    kinds = {kind for source in SOURCES.values() for listed in source.TYPES.values() for kind in listed}
    assert kinds <= set(schema.TYPES)
