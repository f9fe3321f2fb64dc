"""The measures of the Health page: whether records are fit for training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import ibis
from ibis import _

from interactions.analytics.definitions import ABOUT_PRODUCTS, PLACEHOLDERS
from interactions.analytics.filters import Filter
from interactions.analytics.periods import OLDEST
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.moments import HOUR, microseconds
from interactions.contract.tombstones import microseconds as microseconds_of

_OLDEST: Final = microseconds_of(OLDEST)


def measures(data: DataSet, filter: Filter, placeholder_keys: Sequence[int]) -> ibis.Table:
    """``type, records`` and a count for each of ``definitions.COUNTS``, with a row for each type that occurs.

    ``placeholder_keys`` are the hashes of PLACEHOLDERS: ids are compared by their keys.
    """
    rows = data.within(filter)
    keys = list(placeholder_keys)
    dated, received = microseconds(rows.timestamp), microseconds(rows.received_at)
    about = rows.type.isin(sorted(ABOUT_PRODUCTS))
    named = rows.product_ids.length().fill_null(0) > 0
    placeholder = (
        rows.user_key.isin(keys).fill_null(False)
        | rows.anonymous_key.isin(keys).fill_null(False)
        | (rows.product_ids.filter(_is_placeholder).length() > 0).fill_null(False)
    )
    return rows.group_by("type").agg(
        records=rows.count(),
        with_user=rows.user_key.count(),
        with_anonymous=rows.anonymous_key.count(),
        without_id=rows.count(where=rows.user_key.isnull() & rows.anonymous_key.isnull()),
        placeholder_ids=rows.count(where=placeholder),
        about_products=rows.count(where=about),
        with_products=rows.count(where=about & named),
        with_miso_id=rows.miso_id.count(),
        future=rows.count(where=dated > received + HOUR),
        before_2000=rows.count(where=dated < _OLDEST),
    )


def repeats(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``users, users_again, most_of_one``.

    ``users_again`` have at least two records; ``most_of_one`` is the largest number of records of one user or, among
    records without a user, of one anonymous id.
    """
    rows = data.within(filter)
    users = rows.filter(rows.user_key.notnull()).group_by("user_key").agg(records=_.count())
    visitors = rows.filter(rows.user_key.isnull(), rows.anonymous_key.notnull())
    visitors = visitors.group_by("anonymous_key").agg(records=_.count())
    of_users = users.agg(users=_.count(), users_again=_.count(where=_.records > 1), most=_.records.max().fill_null(0))
    both = of_users.cross_join(visitors.agg(other=_.records.max().fill_null(0)))
    return both.mutate(most_of_one=ibis.greatest(both.most, both.other)).drop("most", "other")


def _is_placeholder(product: Any) -> Any:
    return product.isin(list(PLACEHOLDERS))
