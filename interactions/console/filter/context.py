"""What ``filter/chips.html`` and the frame of a page about interactions need."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404

from interactions.analytics.data_sets import standing
from interactions.console.filter.choice import FilterChoice
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.models import Environment
from interactions.questions.choice import PRESETS
from interactions.questions.periods import address_of


def filter_context(here: Environment, choice: FilterChoice, page: str) -> dict[str, Any]:
    """The context of ``page``, whose figures have yet to be asked for."""
    import_id = choice.parts.import_id
    return {
        "environment": here,
        "choice": choice,
        "filter_page": page,
        "label": PRESETS[choice.preset],
        "from_day": address_of(choice.start, here.zone)[:10] if choice.start else "",
        "to_day": address_of(choice.end, here.zone, ends=True)[:10] if choice.end else "",
        "imported": get_object_or_404(here.imports, pk=import_id) if import_id else None,
        "is_empty": standing(here.slug).is_empty,
        "query": choice.query(),
        "groups": [(group.value, types) for group, types in TYPES_BY_GROUP.items()],
        "pairs": choice.pairs(),
    }
