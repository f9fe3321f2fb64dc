"""The filter for a list of records, and the words that they are searched for."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from interactions.analytics.data_sets import opened
from interactions.analytics.filters import Filter
from interactions.analytics.reports.reach import reach
from interactions.analytics.reports.record_search import RecordSearch, words_in
from interactions.models import Environment
from interactions.product_names import named_like
from interactions.questions.choice import FilterQuery

_MOST_NAMED: Final = 100_000
"""Products with a name that has a word; the names of others aren't searched for it."""


def records_filter(here: Environment, choice: FilterQuery) -> Filter:
    """The filter for a choice. Here, all time includes records dated in the future: they don't distort a list."""
    is_free = choice.is_custom or choice.preset == "all"
    if is_free and not any(each.is_relative for each in choice.parts.all_cohorts):
        return choice.filter(None)
    newest = reach(opened(here.slug), timezone.now(), choice.zone, choice.parts.import_id).newest
    return choice.counted_back(newest).filter(None) if is_free else choice.filter(newest)


def searched(here: Environment, filter: Filter, text: str) -> RecordSearch:
    """The records of a filter that have all words of a text, also in the names of their products."""
    return RecordSearch(filter, {word: tuple(named_like(here, word, _MOST_NAMED)) for word in words_in(text)})
