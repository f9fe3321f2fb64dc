"""The most of something: products, searches, categories, campaigns, pages, regions, devices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd
import pyarrow.compute as pc

from interactions.analytics.filters import Filter
from interactions.queries.answers import Question, ask
from interactions.queries.top_products import named, products
from interactions.queries.top_searches import searches
from interactions.queries.top_values import campaigns, categories, devices, pages, regions


class Subject(StrEnum):
    """What there can be a top of."""

    PRODUCTS = "products"
    SEARCHES = "searches"
    CATEGORIES = "categories"
    CAMPAIGNS = "campaigns"
    PAGES = "pages"
    REGIONS = "regions"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True)
class _Top:
    """How a subject is asked for: its columns of names, those that are summed, the first of which ranks."""

    names: tuple[str, ...]
    sums: tuple[str, ...]


_VALUES: Final = ("records", "conversions", "revenue")
_TOPS: Final = {
    Subject.PRODUCTS: _Top(("product_id",), ("views", "carts", "buys", "revenue")),
    Subject.SEARCHES: _Top(("keywords",), ("searches", "followed")),
    Subject.CATEGORIES: _Top(("category",), ("records",)),
    Subject.CAMPAIGNS: _Top(("source", "medium", "name"), _VALUES),
    Subject.PAGES: _Top(("page",), _VALUES),
    Subject.REGIONS: _Top(("region",), _VALUES),
    Subject.DEVICES: _Top(("device",), _VALUES),
}
_NAMED: Final = _Top(("product_id",), ("records",))
_QUESTIONS: Final = {
    Subject.PRODUCTS: products,
    Subject.SEARCHES: searches,
    Subject.CATEGORIES: categories,
    Subject.CAMPAIGNS: campaigns,
    Subject.PAGES: pages,
    Subject.REGIONS: regions,
    Subject.DEVICES: devices,
}


def top(environment: str, filter: Filter, subject: Subject, limit: int = 10) -> pd.DataFrame:
    """The ``limit`` most, most first, and where there are more, a last row with the sums of all others.

    Columns, by subject:

    - products: ``product_id, views, carts, buys, revenue, conversion``. Interactions that name the product, views
      first; of a check-out of several products each has the part of the revenue that its quantity is of all, or an
      equal part where the quantities are not of the products. ``conversion`` is buys / views, NaN without views.
    - searches: ``keywords, searches, followed, not_followed, followed_share``. Followed is a search after which the
      same person clicks or views a product within 5 minutes, whatever the filter says of those.
    - categories: ``category, records, share``. A page of several categories counts for each.
    - campaigns: ``source, medium, name``; pages: ``page``, its URL without query and fragment; regions: ``region``;
      devices: ``device``; then ``records, share, conversions, revenue`` each.

    ``share`` (0 to 1) is of the records that have such a value. All have ``is_other``, true in the row of all others,
    whose names are None. ``attrs["size"]`` tells how many different ones there are.
    """
    return _ranked(environment, _QUESTIONS[subject](filter), _TOPS[subject], limit)


def top_named(environment: str, filter: Filter, limit: int = 10) -> pd.DataFrame:
    """``product_id, records, share``: products by the records of any type that name them, as :func:`top` has it."""
    return _ranked(environment, named(filter), _NAMED, limit)


def _ranked(environment: str, question: Question, asked: _Top, limit: int) -> pd.DataFrame:
    answer = ask(environment, question)[0]
    order = pc.sort_indices(
        answer, [*((name, "descending") for name in asked.sums), *((name, "ascending") for name in asked.names)]
    )
    columns = answer.take(order[:limit]).select([*asked.names, *asked.sums]).to_pydict()
    is_other = [False] * len(order[:limit])
    if len(order) > limit:
        rest = answer.take(order[limit:])
        for name in asked.names:
            columns[name].append(None)
        for name in asked.sums:
            columns[name].append(pc.sum(rest[name]).as_py())
        is_other.append(True)
    forms = {
        **dict.fromkeys(asked.names, "object"),
        **{name: "float64" if name == "revenue" else "int64" for name in asked.sums},
    }
    rows = pd.DataFrame({name: pd.Series(columns[name], dtype=form) for name, form in forms.items()})
    rows["is_other"] = pd.Series(is_other, dtype="bool")
    of_all = pc.sum(answer[asked.sums[0]]).as_py() or 1
    rows = _derived(rows, asked, of_all)
    rows.attrs["size"] = len(order)
    return rows


def _derived(rows: pd.DataFrame, asked: _Top, of_all: int) -> pd.DataFrame:
    """With what follows from the sums, and in the order of columns that :func:`top` names."""
    names, sums = asked.names, asked.sums
    if asked is _TOPS[Subject.PRODUCTS]:
        rows["conversion"] = rows["buys"] / rows["views"].where(rows["views"] > 0)
        return rows[[*names, *sums, "conversion", "is_other"]]
    if asked is _TOPS[Subject.SEARCHES]:
        rows["not_followed"] = rows["searches"] - rows["followed"]
        rows["followed_share"] = rows["followed"] / rows["searches"]
        return rows[[*names, *sums, "not_followed", "followed_share", "is_other"]]
    rows["share"] = rows["records"] / of_all
    return rows[[*names, "records", "share", *sums[1:], "is_other"]]
