"""Top values: products, searches, categories, campaigns, pages, regions, devices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.filters import Filter
from interactions.analytics.index.devices import DEVICES, devices_of
from interactions.analytics.index.figures.paths import searches_of
from interactions.analytics.index.figures.products import named_products, products_of
from interactions.analytics.index.figures.values import categories_of, values_of
from interactions.analytics.index.filtered import FilteredIndex, filtered
from interactions.analytics.index.mask import QUERY
from interactions.analytics.index.run import Index
from interactions.analytics.question import question
from interactions.analytics.reports.ranking import Columns, Groups, ranked

FOLLOWS: Final = ("click", "product_detail_page_view")
WITHIN: Final = timedelta(minutes=5)  # after the search, inclusive
_CAMPAIGN: Final = ("source", "medium", "name")


class Subject(StrEnum):
    """What can be ranked."""

    PRODUCTS = "products"
    SEARCHES = "searches"
    CATEGORIES = "categories"
    CAMPAIGNS = "campaigns"
    PAGES = "pages"
    REGIONS = "regions"
    DEVICES = "devices"


@question
def top(index: Index, filter: Filter, subject: Subject, limit: int = 10) -> pd.DataFrame:
    """The top ``limit`` values, largest first, and if there are more, a last row with the sums of all others.

    Columns, by subject:

    - products: ``product_id, views, carts, buys, revenue, conversion``. Interactions that name the product, by views.
      The revenue of a checkout is split among its products by quantity, or equally if the quantities don't fit.
      ``conversion`` is buys / views, NaN without views.
    - searches: ``keywords, searches, followed, not_followed, followed_share``. A search is followed if the same person
      clicks or views a product within 5 minutes, even if the filter excludes that.
    - categories: ``category, records, share``. A record with several categories counts for each.
    - campaigns: ``source, medium, name``; pages: ``page``, the URL without query and fragment; regions: ``region``;
      devices: ``device``; each followed by ``records, share, conversions, revenue``.

    ``share`` (0 to 1) is of the records that have such a value. ``is_other`` is true in the row of all others, whose
    names are None. ``attrs["size"]`` is the number of distinct values.
    """
    groups, derived = _SUBJECTS[subject]
    return _remembered(filtered(index, filter), (subject, limit), groups, derived)


@question
def top_named(index: Index, filter: Filter, limit: int = 10) -> pd.DataFrame:
    """``product_id, records, share``: products by the records of any type that name them, in the form of
    :func:`top`."""
    return _remembered(filtered(index, filter), ("named", limit), _named, _with_share)


def _remembered(
    seen: FilteredIndex,
    key: tuple[str, int],
    groups: Callable[[FilteredIndex], Groups],
    derived: Callable[[Columns, Groups], Columns],
) -> pd.DataFrame:
    return seen.once(("top", *key), lambda: ranked(groups(seen), key[1], derived)).copy()


def _products(seen: FilteredIndex) -> Groups:
    _, views, carts, buys = products_of(seen).counts.T
    revenue = values_of(seen).revenue_of_products
    there = np.flatnonzero((views > 0) | (carts > 0) | (buys > 0))
    sums = {"views": views[there], "carts": carts[there], "buys": buys[there], "revenue": revenue[there]}
    return Groups({"product_id": seen.index.texts.product}, there, sums)


def _named(seen: FilteredIndex) -> Groups:
    return _counted("product_id", seen.index.texts.product, named_products(seen))


def _categories(seen: FilteredIndex) -> Groups:
    return _counted("category", seen.index.texts.category, categories_of(seen))


def _counted(name: str, texts: pa.ChunkedArray, records: np.ndarray) -> Groups:
    there = np.flatnonzero(records)
    return Groups({name: texts}, there, {"records": records[there]})


def _searches(seen: FilteredIndex) -> Groups:
    searches, followed = searches_of(seen, FOLLOWS, WITHIN // timedelta(microseconds=1))
    there = np.flatnonzero(searches)
    return Groups(
        {"keywords": seen.index.texts.keywords}, there, {"searches": searches[there], "followed": followed[there]}
    )


def _campaigns(seen: FilteredIndex) -> Groups:
    """Several codes have the same source, medium and name if they differ in the rest."""
    counts, revenue = values_of(seen).campaigns[1:], values_of(seen).revenue_of_campaigns[1:]
    there = np.flatnonzero(counts[:, 0])
    texts = seen.index.texts.campaign.take(pa.array(there))
    names = {name: pc.struct_field(texts, name) for name in _CAMPAIGN}
    together = np.zeros(len(there), np.int64)
    for each in names.values():
        encoded = each.combine_chunks().dictionary_encode()
        codes = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy()
        together = together * (len(encoded.dictionary) + 1) + codes + 1
    different, first, groups = np.unique(together, return_index=True, return_inverse=True)
    sums = _sums(len(different), groups, counts[there], revenue[there])
    said = np.flatnonzero(different)  # 0 says none of the three
    columns = {name: each.take(pa.array(first)) for name, each in names.items()}
    return Groups(columns, said, {name: each[said] for name, each in sums.items()})


def _regions(seen: FilteredIndex) -> Groups:
    return _valued({"region": seen.index.texts.region}, values_of(seen).regions, values_of(seen).revenue_of_regions)


def _pages(seen: FilteredIndex) -> Groups:
    counts, revenue = values_of(seen).pages, values_of(seen).revenue_of_pages
    there = np.flatnonzero(counts[1:, 0])
    urls = seen.index.texts.page.take(pa.array(there))
    pages = pc.replace_substring_regex(urls, QUERY, "").combine_chunks().dictionary_encode()
    return _merged("page", pages.dictionary, pages.indices.to_numpy(), counts[1:][there], revenue[1:][there])


def _devices(seen: FilteredIndex) -> Groups:
    counts, revenue = values_of(seen).agents, values_of(seen).revenue_of_agents
    there = np.flatnonzero(counts[:, 0])
    devices = DEVICES.take(pa.array(devices_of(seen.index, there))).dictionary_encode()
    return _merged("device", devices.dictionary, devices.indices.to_numpy(), counts[there], revenue[there])


def _valued(names: dict[str, pa.ChunkedArray], counts: np.ndarray, revenue: np.ndarray) -> Groups:
    """Groups by code. The first row of the counts, for no value, is left out."""
    there = np.flatnonzero(counts[1:, 0])
    sums = {"records": counts[1:, 0], "conversions": counts[1:, 1], "revenue": revenue[1:]}
    return Groups(names, there, {name: each[there] for name, each in sums.items()})


def _merged(name: str, texts: pa.Array, groups: np.ndarray, counts: np.ndarray, revenue: np.ndarray) -> Groups:
    """Groups of several codes each."""
    sums = _sums(len(texts), groups, counts, revenue)
    return Groups({name: pa.chunked_array([texts])}, np.arange(len(texts)), sums)


def _sums(several: int, groups: np.ndarray, counts: np.ndarray, revenue: np.ndarray) -> dict[str, np.ndarray]:
    merged, money = np.zeros((several, 2), np.int64), np.zeros(several)
    np.add.at(merged, groups, counts)
    np.add.at(money, groups, revenue)
    return {"records": merged[:, 0], "conversions": merged[:, 1], "revenue": money}


def _with_share(columns: Columns, groups: Groups) -> Columns:
    share = columns["records"] / (int(groups.sums["records"].sum()) or 1)
    names = {name: columns[name] for name in groups.names}
    return {**names, "records": columns["records"], "share": share, **columns}


def _with_conversion(columns: Columns, _: Groups) -> Columns:
    is_other, views = columns.pop("is_other"), columns["views"]
    conversion = np.where(views > 0, columns["buys"] / np.maximum(views, 1), np.nan)
    return {**columns, "conversion": conversion, "is_other": is_other}


def _with_followed_share(columns: Columns, _: Groups) -> Columns:
    is_other, searches, followed = columns.pop("is_other"), columns["searches"], columns["followed"]
    more = {"not_followed": searches - followed, "followed_share": followed / searches}
    return {**columns, **more, "is_other": is_other}


_SUBJECTS: Final = {
    Subject.PRODUCTS: (_products, _with_conversion),
    Subject.SEARCHES: (_searches, _with_followed_share),
    Subject.CATEGORIES: (_categories, _with_share),
    Subject.CAMPAIGNS: (_campaigns, _with_share),
    Subject.PAGES: (_pages, _with_share),
    Subject.REGIONS: (_regions, _with_share),
    Subject.DEVICES: (_devices, _with_share),
}
