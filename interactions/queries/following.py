"""Which searches are followed: after which the same person did one of FOLLOWS WITHIN the time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import ibis
from ibis import _

FOLLOWS: Final = ("click", "product_detail_page_view")
WITHIN: Final = timedelta(minutes=5)  # from the search on, both ends inside


def with_followed(rows: ibis.Table) -> ibis.Table:
    """The searches for words among ``rows``, with ``is_followed``: whether ``rows`` say so themselves.

    That is where the same pair of user and anonymous id follows the search. Most of those that are followed are so; of
    all others, other records of the person may tell.
    """
    # Without an id there is nobody who could follow. A null is no value in a join, and 0 may be somebody's key.
    pair = {
        "user": _.user_key.fill_null(0),
        "visitor": _.anonymous_key.fill_null(0),
        "known": _.user_key.notnull().cast("int8") + 2 * _.anonymous_key.notnull().cast("int8"),
    }
    searched = rows.filter(rows.type == "search", rows.keywords.notnull()).mutate(**pair)
    follows = rows.filter(rows.type.isin(FOLLOWS)).mutate(**pair).filter(_.known > 0)
    follows = follows.select("user", "visitor", "known", next_at=follows.timestamp).distinct()
    found = searched.asof_join(follows, searched.timestamp <= follows.next_at, ["user", "visitor", "known"])
    is_followed = (found.next_at <= found.timestamp + ibis.interval(WITHIN)).fill_null(False)
    return found.select(*(found[name] for name in rows.columns), is_followed=is_followed)
