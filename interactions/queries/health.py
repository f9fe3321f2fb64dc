"""What the Health page measures: whether the records of an environment are fit to train on.

Everything is counted over all records of the table; nothing is judged here, see :mod:`interactions.readiness`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow as pa
from django.conf import settings
from ibis import _

from interactions.codec.keyring import Keyring
from interactions.queries.answers import Question, ask
from interactions.queries.engine import MOMENT, epoch_us
from interactions.schema import TYPES_BY_GROUP, Group

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
_QUARTER_US: Final = 15 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts of records, unless the name says otherwise.

    ``by_type`` has the types that occur. ``about_products`` are records of types that should name a product,
    ``with_products`` those of them that do. ``future`` are more than an hour later than they were received.
    ``users_again`` are users with two records or more; ``most_of_one`` is the largest number of records of one user
    or, among records without a user, of one anonymous id. ``days`` are days with records, in the zone asked for.
    """

    records: int
    by_type: dict[str, int]
    first: datetime | None
    last: datetime | None
    with_user: int
    with_anonymous: int
    without_id: int
    placeholder_ids: int
    about_products: int
    with_products: int
    with_miso_id: int
    future: int
    before_2000: int
    users: int
    users_again: int
    most_of_one: int
    days: int
    days_spanned: int
    longest_gap: tuple[date, date] | None


def measure(environment: str, zone: ZoneInfo, *, without_import: int | None = None) -> Measures:
    """All measures, of one version of the table; ``without_import`` leaves the records of one import out.

    Raises DataSetBusy.
    """
    types, quarters, users, anonymous = ask(
        environment,
        _by_type(without_import),
        _quarters(without_import),
        _repeats("user_key", without_import),
        _repeats("anonymous_key", without_import),
    )
    sums = types.to_pandas()
    total = {name: int(sums[name].sum()) for name in _COUNTS}
    days = _days(quarters["quarter"].to_pandas(), zone)
    return Measures(
        by_type=dict(zip(sums["type"], sums["records"].tolist(), strict=True)),
        first=sums["first"].min().to_pydatetime() if len(sums) else None,
        last=sums["last"].max().to_pydatetime() if len(sums) else None,
        users=users["ids"][0].as_py(),
        users_again=users["again"][0].as_py(),
        most_of_one=max(users["most"][0].as_py(), anonymous["most"][0].as_py()),
        days=len(days),
        days_spanned=(days[-1] - days[0]).days + 1 if days else 0,
        longest_gap=_longest_gap(days),
        **total,
    )


_COUNTS: Final = (
    "records", "with_user", "with_anonymous", "without_id", "placeholder_ids", "about_products", "with_products",
    "with_miso_id", "future", "before_2000",
)  # fmt: skip


@ibis.udf.scalar.builtin(name="list_has_any", signature=(("array<string>", "array<string>"), "boolean"))
def _has_any(values: Any, wanted: Any) -> Any:
    """Whether two lists share a value: the engine's own function."""


def _by_type(without_import: int | None) -> Question:
    keyring = Keyring(settings.SECRET_KEY.encode())
    # As numbers, which are quicker to look for than texts.
    people = [keyring.key(word) for word in PLACEHOLDERS]
    products = ibis.literal(list(PLACEHOLDERS), type="array<string>")

    def collect(table: ibis.Table) -> ibis.Table:
        about = _.type.isin(sorted(ABOUT_PRODUCTS))
        named = _.product_ids.length().fill_null(0) > 0
        placeholder = (
            _.user_key.isin(people).fill_null(False)
            | _.anonymous_key.isin(people).fill_null(False)
            | _has_any(_.product_ids, products).fill_null(False)
        )
        nobody = _.user_key.isnull() & _.anonymous_key.isnull()
        late = epoch_us(_.timestamp) > epoch_us(_.received_at) + _FUTURE // timedelta(microseconds=1)
        return (
            _left(table, without_import)
            .group_by("type")
            .agg(
                records=_.count(),
                first=_.timestamp.min(),
                last=_.timestamp.max(),
                with_user=_.user_key.count(),
                with_anonymous=_.anonymous_key.count(),
                without_id=_.count(where=nobody),
                placeholder_ids=_.count(where=placeholder),
                about_products=_.count(where=about),
                with_products=_.count(where=about & named),
                with_miso_id=_.miso_id.count(),
                future=_.count(where=late),
                before_2000=_.count(where=_.timestamp < ibis.literal(_OLDEST, type=MOMENT)),
            )
        )

    def merge(rows: pa.Table) -> pa.Table:
        how = {"first": "min", "last": "max"}
        names = rows.column_names[1:]
        return rows.group_by("type").aggregate([(name, how.get(name, "sum")) for name in names]).rename_columns(
            rows.column_names
        )  # fmt: skip

    return Question("health:types", (str(without_import),), collect, merge)


def _quarters(without_import: int | None) -> Question:
    """The quarters of an hour that have records: every zone's days are made of whole ones."""

    def collect(table: ibis.Table) -> ibis.Table:
        moments = epoch_us(_left(table, without_import).timestamp)
        return moments.floordiv(_QUARTER_US).name("quarter").as_table().distinct()

    def merge(rows: pa.Table) -> pa.Table:
        return rows.group_by("quarter").aggregate([])

    return Question("health:quarters", (str(without_import),), collect, merge)


def _repeats(column: str, without_import: int | None) -> Question:
    """How many different ids there are, how many of them more than once, and how often the most frequent one."""
    of_people: Callable[[ibis.Table], ibis.Table] = lambda table: (  # noqa: E731
        table if column == "user_key" else table.filter(_.user_key.isnull())
    )

    def collect(table: ibis.Table) -> ibis.Table:
        rows = of_people(_left(table, without_import)).filter(_[column].notnull())
        return rows.group_by(id=_[column]).agg(records=_.count())

    def merge(rows: pa.Table) -> pa.Table:
        return rows.group_by("id").aggregate([("records", "sum")]).rename_columns(rows.column_names)

    def conclude(rows: pa.Table) -> pa.Table:
        counts = rows["records"].to_numpy()
        most = int(counts.max()) if len(counts) else 0
        return pa.table({"ids": [len(counts)], "again": [int((counts > 1).sum())], "most": [most]})

    return Question(f"health:repeats:{column}", (str(without_import),), collect, merge, conclude)


def _left(table: ibis.Table, without_import: int | None) -> ibis.Table:
    return table if without_import is None else table.filter(_.import_id != without_import)


def _days(quarters: pd.Series, zone: ZoneInfo) -> list[date]:
    """The days in ``zone`` that the quarters of an hour (counted from 1970) fall on, in order."""
    seconds = quarters.astype("int64").to_numpy() * (15 * 60)
    moments = pd.DatetimeIndex(pd.to_datetime(seconds.astype("M8[s]"), utc=True)).tz_convert(zone)
    return sorted(set(moments.date))


def _longest_gap(days: list[date]) -> tuple[date, date] | None:
    """First and last day of the longest run of days without records between days with some."""
    one = timedelta(days=1)
    gaps = [(before + one, after - one) for before, after in pairwise(days) if after - before > one]
    return max(gaps, key=lambda gap: gap[1] - gap[0]) if gaps else None
