"""Data frames indexed by the bars of a chart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from interactions.analytics.bars import index_of


def by_bar(edges: np.ndarray, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """``columns`` as a frame with the index ``start``. ``edges`` (µs) are the starts of the bars and the end of the
    last."""
    return pd.DataFrame(dict(columns), index=index_of(edges), columns=pd.Index(columns, dtype="str"))
