"""Funnels with a window or a breakdown as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from interactions.analytics.reports.conversion import SHARES, Conversion
from interactions.analytics.reports.funnel import Step


def step_table(found: Conversion, steps: Sequence[Step]) -> pd.DataFrame:
    """``step, people, of_first, of_previous, p25_seconds, median_seconds …``: a row per step, of all people.

    Shares are 0 to 1; seconds are since the previous step, NaN for the first.
    """
    people = found.people[list(range(len(steps)))].sum().to_numpy(np.int64)
    times = np.vstack([np.full(len(SHARES), np.nan), found.took.iloc[:-1].to_numpy()])
    return pd.DataFrame(
        {
            "step": [step.name for step in steps],
            **_shares(people[None, :]),
            **{f"{name}_seconds": times[:, place] for place, name in enumerate(SHARES)},
        }
    )


def value_table(found: Conversion, steps: Sequence[Step]) -> pd.DataFrame:
    """``value, is_other, step, people, of_first, of_previous``: a row per value and step, in the order of values."""
    several, values = len(steps), found.people
    return pd.DataFrame(
        {
            "value": pd.Series([value for value in values["value"] for _ in range(several)], dtype="object"),
            "is_other": values["is_other"].repeat(several).to_numpy(),
            "step": [step.name for step in steps] * len(values),
            **_shares(values[list(range(several))].to_numpy(np.int64)),
        }
    )


def _shares(people: np.ndarray) -> dict[str, np.ndarray]:
    """The columns ``people, of_first, of_previous`` of int64[rows, steps], row by row."""
    before = np.hstack([people[:, :1], people[:, :-1]])
    return {
        "people": people.ravel(),
        "of_first": _of(people, people[:, :1]).ravel(),
        "of_previous": _of(people, before).ravel(),
    }


def _of(people: np.ndarray, whole: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.where(whole > 0, people / np.maximum(whole, 1), np.nan)
    return found
