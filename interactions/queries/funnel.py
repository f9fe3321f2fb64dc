"""How many people go how far along a row of steps, and how long it takes them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from interactions.analytics.filters import Filter
from interactions.queries import walks
from interactions.queries.along import along
from interactions.queries.answers import Question, ask
from interactions.queries.crowds import Crowd
from interactions.queries.walks import Asked


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, and the types of which any takes a person there."""

    name: str
    types: tuple[str, ...]


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


def usual_steps(present: Set[str]) -> tuple[Step, ...]:
    """What fits a data set in which the types ``present`` occur: the steps of a shop, or of a publisher."""
    of_content = {name for step in CONTENT for name in step.types} - {name for step in SHOP for name in step.types}
    is_shop = present & {"add_to_cart", "checkout"} or not present & of_content
    return SHOP if is_shop else CONTENT


def funnel(environment: str, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
    """``step, people, of_first, of_previous, median_seconds``: a row a step.

    A person reaches a step with the first interaction of its types at or after the one that took them to the step
    before. The shares (0 to 1) are of the people of the first step and of the one before, NaN where those are none;
    the median is of the time since the step before, NaN for the first step. The filter's types and groups do not
    count: the steps have their own.
    """
    answer = ask(environment, _reached(filter.of_all_types(), tuple(steps)))[0].to_pandas()
    frame = answer.set_index("place").reindex(range(len(steps)))
    people = frame["people"].fillna(0).astype("int64")
    before = people.shift()
    return pd.DataFrame(
        {
            "step": [step.name for step in steps],
            "people": people,
            "of_first": people / people.where(people > 0).iloc[0] if len(people) else people,
            "of_previous": (people / before.where(before > 0)).where(frame.index > 0, 1.0),
            "median_seconds": frame["median"].astype("float64") / 1_000_000,
        }
    )


def _reached(filter: Filter, steps: tuple[Step, ...]) -> Question:
    """``place, people, median``: how many people reached each step, and how long after the one before (median, µs)."""
    taking: dict[str, int] = {}
    for place, step in enumerate(steps):
        for name in step.types:
            taking[name] = taking.get(name, 0) | 1 << place

    def walk(crowd: Crowd) -> pa.Table:
        counts, took = walks.steps(crowd, Asked.by(filter, taking), len(steps))
        medians = [float(np.median(times)) if place and len(times) else None for place, times in enumerate(took)]
        return pa.table({"place": range(len(steps)), "people": counts, "median": pa.array(medians, pa.float64())})

    parameters = tuple(",".join(sorted(step.types)) for step in steps)
    return along(filter, "funnel", walk, parameters=parameters)
