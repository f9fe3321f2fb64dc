"""Funnels: how many people reach each step, and how long it takes them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

import numpy as np
import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.paths import Reached, reached
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.index.threads import in_threads
from interactions.analytics.question import question
from interactions.analytics.steps import Step as Step

SHOP: Final = (
    Step("Impression", ("impression",)),
    Step("Product view", ("product_detail_page_view",)),
    Step("Add to cart", ("add_to_cart",)),
    Step("Check-out", ("checkout",)),
)
CONTENT: Final = (
    Step("Impression", ("impression",)),
    Step("Content view", ("product_detail_page_view",)),
    Step("Read, watch or listen", ("read", "watch", "listen")),
)


_JOURNEY: Final = (
    Step("Home page view", ("home_page_view",)),
    Step("Category page view", ("category_page_view",)),
    Step("Search", ("search",)),
    *SHOP[:1],
    Step("Click", ("click",)),
    *SHOP[1:2],
    CONTENT[-1],
    Step("Complete", ("complete",)),
    *SHOP[2:],
    Step("Subscribe", ("subscribe",)),
)
_MOST: Final = 5


def usual_steps(present: Set[str]) -> tuple[Step, ...]:
    """The default steps for a data set with the types ``present``: those of a shop or of a publisher that occur.

    If fewer than two of them occur, it's up to five steps of any visit, in their usual order.
    """
    of_content = {name for step in CONTENT for name in step.types} - {name for step in SHOP for name in step.types}
    is_shop = present & {"add_to_cart", "checkout"} or not present & of_content
    whole = SHOP if is_shop else CONTENT
    fitting = _occurring(whole, present)
    if len(fitting) < 2:
        fitting = _occurring(_JOURNEY, present)[:_MOST]
    return fitting if len(fitting) > 1 else whole


def _occurring(steps: Sequence[Step], present: Set[str]) -> tuple[Step, ...]:
    return tuple(step for step in steps if not present.isdisjoint(step.types))


@question
def funnel(index: Index, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
    """``step, people, of_first, of_previous, median_seconds``: a row for each step.

    A person reaches a step with the first interaction of its types that meets its conditions, at or after the one that
    completed the previous step. ``of_first`` and ``of_previous`` are shares (0 to 1) of the people of the first and the
    previous step, NaN if there are none. ``median_seconds`` is since the previous step, NaN for the first. The filter's
    types and groups are ignored.
    """
    seen = filtered(index, filter.of_all_types())
    return seen.once(("funnel", tuple(steps)), lambda: _frame(reached(seen, steps), steps)).copy()


def _frame(found: Reached, steps: Sequence[Step]) -> pd.DataFrame:
    people = pd.Series(found.people, index=pd.RangeIndex(len(steps), name="place"))
    before = people.shift()
    medians = [np.nan, *in_threads(_median, found.took[1:])][: len(steps)]
    return pd.DataFrame(
        {
            "step": [step.name for step in steps],
            "people": people,
            "of_first": people / people.where(people > 0).iloc[0] if len(people) else people,
            "of_previous": (people / before.where(before > 0)).where(people.index > 0, 1.0),
            "median_seconds": np.array(medians, np.float64) / 1_000_000,
        }
    )


def _median(times: np.ndarray) -> float:
    """NaN of nothing. As NumPy has it, in a third of the time: it looks for NaNs, and puts more in order."""
    if not len(times):
        return np.nan
    middle = len(times) // 2
    parted = np.partition(times, middle)
    lower = parted[:middle].max() if len(times) % 2 == 0 else parted[middle]
    return (float(lower) + float(parted[middle])) / 2
