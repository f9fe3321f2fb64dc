"""What has changed against a period before."""

from __future__ import annotations

import pandas as pd


def change(now: float, before: float | None) -> float | None:
    """The change as a part of ``before``: 0.1 is ten percent more. None where there was nothing before."""
    return None if not before else (now - before) / before


def with_change(now: pd.DataFrame, before: pd.DataFrame, by: str, count: str = "records") -> pd.DataFrame:
    """``now`` with a column ``change`` of ``count``, matched ``by`` a column; NaN where there was nothing before."""
    base = now[by].map(before.set_index(by)[count]).astype("float64")
    return now.assign(change=(now[count] - base) / base.where(base > 0))
