"""The filter for a list of records."""

from __future__ import annotations

from django.utils import timezone

from interactions.analytics.data_sets import opened
from interactions.analytics.filters import Filter
from interactions.analytics.reports.reach import reach
from interactions.models import Environment
from interactions.questions.choice import FilterQuery


def records_filter(here: Environment, choice: FilterQuery) -> Filter:
    """The filter for a choice. Here, all time includes records dated in the future: they don't distort a list."""
    if choice.is_custom or choice.preset == "all":
        return choice.filter(None)
    return choice.filter(reach(opened(here.slug), timezone.now(), choice.zone, choice.parts.import_id).newest)
