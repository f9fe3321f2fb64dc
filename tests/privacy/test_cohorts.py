"""An erased person's id goes from the names and rules of cohorts."""

from __future__ import annotations

from typing import Any

import pytest

from interactions import identity
from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Cohort, Environment
from interactions.privacy import cohorts

pytestmark = pytest.mark.django_db

ANN = "ann@example.com"


def made(name: str, field: str, *values: Any) -> Cohort:
    here = Environment.objects.get(slug="production")
    rules = [{"conditions": [{"field": field, "values": list(values)}]}]
    return Cohort.objects.create(environment=here, name=name, rules=rules)


def of_ann() -> Tombstones:
    return Tombstones.of([(identity.keyring().key(ANN), None, FOR_GOOD)])


@pytest.mark.parametrize("field", ["keywords", "page_contains", "campaign_name", "custom_context.friend"])
def test_an_id_in_a_rule_is_counted_and_becomes_a_value_that_nobody_has(field: str) -> None:
    here = Environment.objects.get(slug="production")
    cohort, other = made("Ours", field, "tea", ANN), made("Theirs", field, "tea")
    assert cohorts.count(here, of_ann()) == {Person(user_key=identity.keyring().key(ANN)): 1}
    cohorts.erase(here, of_ann())
    cohort.refresh_from_db()
    other.refresh_from_db()
    assert cohort.rules[0]["conditions"][0]["values"] == ["tea", "(erased)"]
    assert other.rules[0]["conditions"][0]["values"] == ["tea"]
    assert not cohorts.count(here, of_ann())


def test_an_id_in_a_name_goes() -> None:
    here = Environment.objects.get(slug="production")
    cohort = made(f"Like {ANN}", "region", "Kent")
    cohorts.erase(here, of_ann())
    cohort.refresh_from_db()
    assert cohort.name == f"(erased) {cohort.pk}"


def test_a_choice_of_a_closed_list_is_no_id() -> None:
    here = Environment.objects.get(slug="production")
    made("Phones", "device", "phone")
    phone = Tombstones.of([(identity.keyring().key("phone"), None, FOR_GOOD)])
    assert not cohorts.count(here, phone)
