"""Suggested values, against pandas' counts of the same records."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd
import pytest

from interactions.analytics.conditions import Condition
from interactions.analytics.data_sets import up_to_date
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.custom_keys import KeyBeingIndexed
from interactions.analytics.reports.suggestions import SUGGESTED, suggestions
from interactions.models import DeletionRequest, Environment, Tombstone

from ...lakes import Record, append, record
from ...traffic import chosen, texts_of
from .traffic import FILTERS, records, whole

PLAN = "custom_context.plan"


def counted(rows: list[Record], field: str) -> dict[str, int]:
    """How many of the records have each value."""
    if field == "device":
        return dict(pd.Series([device_of(row["user_agent"]).value for row in rows], dtype=object).value_counts())
    values = pd.Series([list(dict.fromkeys(texts_of(row, field))) for row in rows], dtype=object)
    found = values.explode().dropna().value_counts()
    return {value: int(count) for value, count in found.items() if value}


def suggested(frame: pd.DataFrame) -> dict[str, int]:
    return dict(zip(frame["value"], frame["records"].tolist(), strict=True))


@pytest.mark.parametrize("field", SUGGESTED)
@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_values_are_suggested_with_the_records_that_have_them(field: str, asked: Filter) -> None:
    frame = suggestions(whole(), asked, field, limit=1000)
    assert suggested(frame) == counted(chosen(records(), asked), field)
    order = list(zip(-frame["records"], frame["value"], strict=True))
    assert order == sorted(order) and not frame["is_other"].any()


@pytest.mark.parametrize(
    ("field", "text"), [("keywords", "E"), ("page_url", "/A"), ("product_id", "p1"), ("region", "x")]
)
def test_a_text_narrows_them_down_in_either_case(field: str, text: str) -> None:
    found = suggested(suggestions(whole(), Filter(), field, text, 1000))
    every = counted(records(), field)
    assert found == {value: count for value, count in every.items() if text.lower() in value.lower()}


def test_the_rest_is_one_row() -> None:
    every = sorted(counted(records(), "product_id").values(), reverse=True)
    frame = suggestions(whole(), Filter(), "product_id", limit=2)
    assert frame["records"].tolist() == [*every[:2], sum(every[2:])]
    assert frame["is_other"].tolist() == [False, False, True] and frame.attrs["size"] == len(every)


def test_a_group_of_conditions_narrows_them_down() -> None:
    asked = Filter(any_of=[[Condition("keywords", ("tea",)), Condition("product_id", ("p3",))]])
    assert suggested(suggestions(whole(), asked, "region", limit=100)) == counted(chosen(records(), asked), "region")


def custom(value: str) -> str:
    return f'{{"context":{{"custom_context":{{"plan":{value}}}}}}}'


def test_values_of_a_key_are_its_scalars() -> None:
    append([record(extra=custom(each)) for each in ('"gold"', '"gold"', '"Gold"', "5", "true", "null", "[1]", '""')])
    with suppress(KeyBeingIndexed):
        suggestions(up_to_date("production"), Filter(), PLAN)
    found = suggested(suggestions(up_to_date("production"), Filter(), PLAN))
    assert found == {"gold": 2, "Gold": 1, "5": 1, "true": 1}


def test_what_only_hidden_people_have_is_not_suggested() -> None:
    append([record("search", keywords="tea", user_key=1), record("search", keywords="my own name", user_key=2)])
    assert set(suggested(suggestions(up_to_date("production"), Filter(), "keywords"))) == {"tea", "my own name"}
    production = Environment.objects.get(slug="production")
    request = DeletionRequest.objects.create(environment=production)
    Tombstone.objects.create(request=request, environment=production, user_key=2, at="2030-01-01T00:00:00Z")
    assert suggested(suggestions(up_to_date("production"), Filter(), "keywords")) == {"tea": 1}


@pytest.mark.parametrize("field", ["user_key", "miso_id", "import_id", "page_contains"])
def test_other_fields_have_no_suggestions(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        suggestions(whole(), Filter(), field)
