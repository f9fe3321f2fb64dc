"""The most of something: products, searches, categories, campaigns, pages, regions, devices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from interactions.queries.answers import Question, ask
from interactions.queries.filter import Filter
from interactions.queries.top_products import products
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
    asked = _TOPS[subject]
    frame = ask(environment, _question(subject, filter))[0].to_pandas()
    names, sums = list(asked.names), list(asked.sums)
    frame = frame.sort_values([*sums, *names], ascending=[False] * len(sums) + [True] * len(names), ignore_index=True)
    rows, rest = frame.iloc[:limit], frame.iloc[limit:]
    rows = rows.assign(is_other=False)
    if len(rest):
        other = pd.DataFrame([{**dict.fromkeys(names), **rest[sums].sum(), "is_other": True}]).astype(
            {name: frame[name].dtype for name in sums}
        )
        rows = pd.concat([rows, other.astype(dict.fromkeys(names, "object"))], ignore_index=True)
    rows = rows.astype(dict.fromkeys(names, "object"))
    rows[names] = rows[names].where(rows[names].notna(), None)
    rows = _derived(rows, subject, frame)
    rows.attrs["size"] = len(frame)
    return rows


def _question(subject: Subject, filter: Filter) -> Question:
    return _QUESTIONS[subject](filter)


def _derived(rows: pd.DataFrame, subject: Subject, frame: pd.DataFrame) -> pd.DataFrame:
    """With what follows from the sums, and in the order of columns that :func:`top` names."""
    names, sums = _TOPS[subject].names, _TOPS[subject].sums
    if subject is Subject.PRODUCTS:
        rows["conversion"] = (rows["buys"] / rows["views"].where(rows["views"] > 0)).astype("float64")
        return rows[[*names, *sums, "conversion", "is_other"]]
    if subject is Subject.SEARCHES:
        rows["not_followed"] = rows["searches"] - rows["followed"]
        rows["followed_share"] = rows["followed"] / rows["searches"]
        return rows[[*names, *sums, "not_followed", "followed_share", "is_other"]]
    rows["share"] = rows["records"] / np.maximum(1, frame["records"].sum())
    return rows[[*names, "records", "share", *sums[1:], "is_other"]]
