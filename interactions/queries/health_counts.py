"""What is counted of records to tell whether they are fit to train on, by type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import ibis
from ibis import _

from interactions import identity
from interactions.analytics.engine import MOMENT, epoch_us
from interactions.contract.schema import TYPES_BY_GROUP, Group

# Types that say little to a recommender unless they name the product.
ABOUT_PRODUCTS: Final = frozenset(
    {
        "product_detail_page_view", "product_image_view", "impression", "viewable_impression", "click",
        "add_to_cart", "remove_from_cart", "checkout", "refund",
        *TYPES_BY_GROUP[Group.CONSUMPTION], "like", "dislike", "share", "rate", "bookmark",
    }
)  # fmt: skip

# What programs write where an id should be: compared without regard to case.
_WORDS: Final = (
    "", " ", "null", "nil", "none", "undefined", "nan", "n/a", "na", "unknown", "anonymous", "guest", "user", "test",
    "true", "false", "-", "-1", "(not set)", "(none)", "[object object]", "00000000-0000-0000-0000-000000000000",
    *("0" * length for length in range(1, 37)),
)  # fmt: skip
PLACEHOLDERS: Final = tuple(
    {form for word in _WORDS for form in (word, word.upper(), word.capitalize(), word.title())}
    | {"NaN", "[object Object]"}
)

_FUTURE: Final = timedelta(hours=1)  # clocks of visitors' devices go wrong by less
_OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


COUNTS: Final = (
    "with_user", "with_anonymous", "without_id", "placeholder_ids", "about_products", "with_products", "with_miso_id",
    "future", "before_2000",
)  # fmt: skip


def counts(rows: ibis.Table) -> dict[str, Any]:
    """How many of ``rows``, which are interactions, are each of COUNTS."""
    about = rows.type.isin(sorted(ABOUT_PRODUCTS))
    named = rows.product_ids.length().fill_null(0) > 0
    nobody = rows.user_key.isnull() & rows.anonymous_key.isnull()
    late = epoch_us(rows.timestamp) > epoch_us(rows.received_at) + _FUTURE // timedelta(microseconds=1)
    return {
        "with_user": rows.user_key.count(),
        "with_anonymous": rows.anonymous_key.count(),
        "without_id": rows.count(where=nobody),
        "placeholder_ids": rows.count(where=_has_placeholder(rows)),
        "about_products": rows.count(where=about),
        "with_products": rows.count(where=about & named),
        "with_miso_id": rows.miso_id.count(),
        "future": rows.count(where=late),
        "before_2000": rows.count(where=rows.timestamp < ibis.literal(_OLDEST, type=MOMENT)),
    }


def _has_placeholder(rows: ibis.Table) -> Any:
    """Whether a record has one of PLACEHOLDERS as an id.

    Those that occur at all are looked for first: mostly there is none, and to compare each record with all of them
    takes the engine fifteen times as long.
    """
    keyring = identity.keyring()
    people = [keyring.key(word) for word in PLACEHOLDERS]
    users, visitors = (_occurring(rows.select(value=rows[name]), people) for name in ("user_key", "anonymous_key"))
    named = rows.filter(rows.product_ids.notnull())
    products = _occurring(named.select(value=named.product_ids.unnest()), PLACEHOLDERS)
    return (
        users.contains(rows.user_key).fill_null(False)
        | visitors.contains(rows.anonymous_key).fill_null(False)
        | _has_any(rows.product_ids, products).fill_null(False)
    )


def _occurring(values: ibis.Table, wanted: Sequence[Any]) -> Any:
    """Those of ``wanted`` that are among ``values``, as one list."""
    return values.filter(_["value"].isin(list(wanted))).distinct().aggregate(found=_["value"].collect()).as_scalar()


@ibis.udf.scalar.builtin(name="list_has_any", signature=(("array<string>", "array<string>"), "boolean"))
def _has_any(values: Any, wanted: Any) -> Any:
    """Whether two lists share a value: the engine's own function."""
