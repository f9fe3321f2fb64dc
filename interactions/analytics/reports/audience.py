"""How many people there are, how sure it is who is who, and which ids were seen together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.ids import pair_spans
from interactions.analytics.index.look import look
from interactions.analytics.index.people import owners
from interactions.analytics.index.run import Index
from interactions.analytics.reports.totals import people
from interactions.queries.audience import Audience as Audience

_BOTH = 3


def audience(index: Index) -> Audience:
    """Of the whole data set."""
    found, users, anonymous = people(index)
    pairs = index.pairs
    visitors = len(np.unique(pairs.visitor[(pairs.has == _BOTH) & (pairs.records > 0)]))
    linked = len(owners(pairs)[0])
    return Audience(found, users, anonymous, linked, shared=visitors - linked)


def links(index: Index) -> pd.DataFrame:
    """``anonymous_key, user_key, first_at, last_at, records``: a row for each anonymous id and user seen in one record.

    Records and times (UTC) are of both together.
    """
    pairs, (first, last) = index.pairs, pair_spans(look(index, Filter()))
    both = np.flatnonzero((pairs.has == _BOTH) & (pairs.records > 0))
    return pd.DataFrame(
        {
            "anonymous_key": pairs.visitor[both],
            "user_key": pairs.user[both],
            "first_at": pd.DatetimeIndex(first[both].astype("datetime64[us]")).tz_localize("UTC"),
            "last_at": pd.DatetimeIndex(last[both].astype("datetime64[us]")).tz_localize("UTC"),
            "records": pairs.records[both],
        }
    )


def ambiguous(index: Index, limit: int) -> pd.DataFrame:
    """``anonymous_key, users, records, first_at, last_at``: anonymous ids seen with several users.

    Those with most users first, at most ``limit``. Records and times are of those that bear a user, too.
    """
    found = (
        links(index)
        .groupby("anonymous_key", as_index=False)
        .agg(
            users=("user_key", "size"),
            records=("records", "sum"),
            first_at=("first_at", "min"),
            last_at=("last_at", "max"),
        )
    )
    found = found[found["users"] > 1]
    found = found.sort_values(["users", "records", "anonymous_key"], ascending=[False, False, True]).head(limit)
    return found.reset_index(drop=True).astype({"users": "int64"})
