"""Search records for words: in the words that people searched for, in pages, and in products and their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any, Final
from urllib.parse import quote

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions.analytics.conditions import joined
from interactions.analytics.data_sets import complete
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period

_TEXTS: Final = ("keywords", "page_title", "page_url")
MOST_WORDS: Final = 10
_MOST_KNOWN: Final = 20_000  # products that have a word in their ids


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """Selects the records that pass ``filter`` and have all words of ``named``, each in any of the texts.

    The texts are search words, a page's title and address, and product ids. Case doesn't matter, and a word can be a
    part of another. A record of a product that ``named`` has for a word has that word, too. For words in ``known``,
    these are all products that have it, by their ids as well.
    """

    filter: Filter
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, filter: Filter, text: str) -> RecordSearch:
        """The words of a text, without names of products."""
        return cls(filter, dict.fromkeys(words_in(text), ()))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.named)

    @property
    def period(self) -> Period:
        return self.filter.period

    def within(self, table: ibis.Table) -> ibis.Table:
        """The records of ``table`` that are selected."""
        rows = self.filter.within(table)
        conditions = [_has(table, word, ids, word in self.known) for word, ids in self.named.items()]
        return rows.filter(conditions) if conditions else rows


def words_in(text: str) -> tuple[str, ...]:
    """The distinct words of a text; those after the first MOST_WORDS are ignored."""
    return tuple(dict.fromkeys(text.split()))[:MOST_WORDS]


def with_products(environment: str, search: RecordSearch) -> RecordSearch:
    """The search with the products that have its words in their ids, if the index knows all products of the table.

    Reading the lists of all records would take longer than everything else. Words that very many products have are
    left out: the first records have them anyway.
    """
    index = complete(environment) if search.words else None
    if index is None:
        return search
    texts = pc.utf8_lower(index.texts.product)
    named: dict[str, Sequence[str]] = dict(search.named)
    known: set[str] = set()
    for word, ids in search.named.items():
        has = pc.match_substring(texts, pc.utf8_lower(pa.scalar(word)).as_py())
        found = index.texts.product.filter(has)
        if len(found) <= _MOST_KNOWN:
            named[word] = tuple(dict.fromkeys([*ids, *found.to_pylist()]))
            known.add(word)
    return replace(search, named=named, known=frozenset(known))


def _has(table: ibis.Table, word: str, ids: Sequence[str], is_known: bool) -> Any:
    part = ibis.literal(word).lower()
    places = [_[name].lower().contains(part) for name in _TEXTS]
    places += [_.page_url.lower().contains(ibis.literal(text).lower()) for text in _in_addresses(word)]
    if not is_known:
        places.append(joined(_.product_ids).lower().contains(part))
    if ids:
        places.append(_.fingerprint.isin(_of_products(table, ids).fingerprint))
    return reduce(or_, [place.fill_null(False) for place in places])


def _in_addresses(word: str) -> list[str]:
    """How browsers write the word in an address, if in another way. There, a letter and its capital aren't alike."""
    forms = (word, word.lower(), word.capitalize(), word.upper())
    return sorted({quote(form) for form in forms if quote(form) != form})


def _of_products(table: ibis.Table, ids: Sequence[str]) -> ibis.Table:
    """The records of these products. Comparing each record's list with all of them would take many times as long."""
    products = table.select("fingerprint", product_id=table.product_ids.unnest())
    known = ibis.memtable(pa.table({"known": pa.array(ids, pa.string())}))
    return products.semi_join(known, products.product_id == known.known)
