"""Convert records of the table to events: texts become codes, and a checkout's revenue is split among its products."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions import identity
from interactions.analytics.conditions import HOST
from interactions.analytics.definitions import PLACEHOLDERS, REFUND
from interactions.analytics.index.dictionaries import CAMPAIGN, Dictionaries, Dictionary
from interactions.analytics.index.people import distinct
from interactions.analytics.index.records import EXTRA
from interactions.analytics.index.refunds import amounts_of
from interactions.analytics.index.results import results_of
from interactions.analytics.index.rows import starts_of
from interactions.analytics.index.run import ASSISTED, NONE, PLACEHOLDER, Events
from interactions.analytics.index.sales import Refunds, sales_of
from interactions.contract.keyring import Keyring
from interactions.contract.schema import TYPES

PEOPLE: Final = ("user_key", "anonymous_key")
TIMES: Final = ("timestamp", "received_at")
_TEXTS: Final = {
    "agent": "user_agent",
    "region": "region",
    "locale": "locale",
    "page": "page_url",
    "keywords": "keywords",
    "result_type": "result_type",
}
_REFERRER: Final = "page_referrer"
_CAMPAIGN: Final = tuple(f"campaign_{field.name}" for field in CAMPAIGN)
COLUMNS: Final = (
    *("type", *TIMES, "product_ids", "miso_id", "revenue", "quantities", "category", "import_id"),
    *(*_TEXTS.values(), _REFERRER, *_CAMPAIGN, *PEOPLE),
)
"""The columns of the table that events are made of, besides EXTRA."""
_HOST: Final = HOST.replace("([^", "(?P<host>[^")
_MOST: Final = 1 << 62
_TYPES: Final = pa.array(TYPES)
_CHECKOUT: Final = TYPES.index("checkout")
_REFUND: Final = TYPES.index(REFUND)


def events_of(table: pa.Table, dictionaries: Dictionaries) -> Events:
    """Convert the rows of ``table`` (with COLUMNS and EXTRA) to events, in the same order.

    New texts and pairs are added to ``dictionaries``. The events aren't counted (``PairCodes.count``); that's up to the
    caller.
    """
    ids = _ids(table)
    return coded(table, dictionaries.pair_codes.codes(*ids), are_placeholders(*ids), dictionaries)


def pairs_of(table: pa.Table, dictionaries: Dictionaries) -> np.ndarray:
    """The code of each row's pair (int32)."""
    return dictionaries.pair_codes.codes(*_ids(table))


def _ids(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``user``, ``visitor`` and ``has`` of each row, as Pairs has them."""
    user, with_user = numbers(table["user_key"])
    visitor, with_visitor = numbers(table["anonymous_key"])
    return user, visitor, with_user.astype(np.uint8) | (with_visitor.astype(np.uint8) << 1)


def coded(table: pa.Table, pair: np.ndarray, placeholder: np.ndarray, dictionaries: Dictionaries) -> Events:
    """Like :func:`events_of`, for rows with known pairs (codes), some of which are placeholders (bool)."""
    kind = pc.index_in(whole(table["type"]), value_set=_TYPES).to_numpy().astype(np.uint8)
    result = results_of(whole(table["miso_id"]))
    lists = whole(table["product_ids"])
    lengths, (product, is_placeholder) = lengths_of(lists), _products(lists.flatten(), dictionaries["product"])
    starts = starts_of(lengths)
    placeholder = placeholder | (_counted(is_placeholder, starts) > 0)
    paid = np.flatnonzero((kind == _CHECKOUT) & table["revenue"].is_valid().to_numpy())
    named = product != NONE
    flags = np.where(result != 0, ASSISTED, 0) | np.where(placeholder, PLACEHOLDER, 0)
    return Events(
        at=moments(table["timestamp"]),
        received=moments(table["received_at"]),
        kind=kind | flags.astype(np.uint8),
        source=whole(table["import_id"]).to_numpy().astype(np.int32),
        pair=pair,
        **{name: _coded(whole(table[column]), dictionaries[name]) for name, column in _TEXTS.items()},
        campaign=_campaigns(table, dictionaries),
        referrer=_referrers(whole(table[_REFERRER]), dictionaries["referrer"]),
        result=result,
        product_starts=starts_of(_counted(named, starts)),
        products=product[named],
        **_categories(whole(table["category"]), dictionaries["category"]),
        **_customs(table, dictionaries),
        **sales_of(table, paid, _refunds(table, kind), product, starts),
    )


def _refunds(table: pa.Table, kind: np.ndarray) -> Refunds:
    is_refund = kind == _REFUND
    rows = np.flatnonzero(is_refund)
    amounts = amounts_of(table[EXTRA].filter(pa.array(is_refund)))
    given = ~np.isnan(amounts)
    return Refunds(rows[given], amounts[given])


def whole(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def moments(column: pa.ChunkedArray) -> np.ndarray:
    """A timestamp column in µs since 1970 (int64)."""
    found: np.ndarray = whole(column).cast(pa.int64()).to_numpy()
    return found


def numbers(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The values (int64, 0 for null), and which of them aren't null (bool)."""
    array = whole(column)
    return pc.fill_null(array, 0).to_numpy(), array.is_valid().to_numpy(zero_copy_only=False)


def lengths_of(lists: pa.ListArray) -> np.ndarray:
    """The length of each list (int64); 0 for null."""
    found: np.ndarray = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def are_placeholders(user: np.ndarray, visitor: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Which pairs (as in Pairs) have a placeholder as an id (bool)."""
    keys = _placeholder_keys(identity.keyring())
    found: np.ndarray = (np.isin(user, keys) & (has & 1 > 0)) | (np.isin(visitor, keys) & (has & 2 > 0))
    return found


@lru_cache(maxsize=1)
def _placeholder_keys(keyring: Keyring) -> np.ndarray:
    return np.array([keyring.key(word) for word in PLACEHOLDERS], np.int64)


def _counted(chosen: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """How many elements of each list are ``chosen`` (bool)."""
    before = starts_of(chosen)
    counts: np.ndarray = before[starts[1:]] - before[starts[:-1]]
    return counts


def _encoded(texts: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The index of each text into the distinct texts (NONE for null), and the distinct texts, all of which occur."""
    if not pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_encode()
    places = pc.fill_null(texts.indices, NONE).to_numpy(zero_copy_only=False)
    occurs = np.zeros(len(texts.dictionary) + 1, bool)
    occurs[places] = True
    if occurs[:-1].all():
        return places, texts.dictionary
    # A Parquet dictionary may have texts of rows that were filtered out, which must not be kept.
    left = np.where(occurs, np.cumsum(occurs) - 1, NONE)
    left[-1] = NONE
    return left[places], texts.dictionary.filter(pa.array(occurs[:-1]))


def _coded(texts: pa.Array, dictionary: Dictionary) -> np.ndarray:
    places, different = _encoded(texts)
    codes: np.ndarray = _or_none(dictionary.codes(different))[places]
    return codes


def _or_none(codes: np.ndarray) -> np.ndarray:
    """The codes with NONE appended, so that the index NONE (-1) gives NONE."""
    return np.append(codes, np.int32(NONE)).astype(np.int32)


def _products(texts: pa.Array, dictionary: Dictionary) -> tuple[np.ndarray, np.ndarray]:
    """The code of each product, and which are placeholders (bool)."""
    places, different = _encoded(texts)
    words = np.append(pc.is_in(different, value_set=pa.array(PLACEHOLDERS)).to_numpy(zero_copy_only=False), False)
    return _or_none(dictionary.codes(different))[places], words[places]


def _campaigns(table: pa.Table, dictionaries: Dictionaries) -> np.ndarray:
    """The code of each row's combination of what its campaign says; NONE if it says nothing."""
    encoded = [_encoded(whole(table[column])) for column in _CAMPAIGN]
    together, several = np.zeros(len(table), np.int64), 1
    for places, different in encoded:
        if several * (len(different) + 1) > _MOST:
            used, together = np.unique(together, return_inverse=True)
            several = len(used)
        together = together * (len(different) + 1) + (places + 1)
        several *= len(different) + 1
    used, rows = np.unique(together, return_index=True)
    texts = [pc.take(different, pa.array(places[rows], mask=places[rows] == NONE)) for places, different in encoded]
    campaigns = pa.StructArray.from_arrays(texts, fields=list(CAMPAIGN))
    named = np.any([places[rows] != NONE for places, _ in encoded], axis=0)
    codes = np.full(len(used), NONE, np.int32)
    codes[named] = dictionaries["campaign"].codes(campaigns.filter(pa.array(named)))
    found: np.ndarray = codes[np.searchsorted(used, together)]
    return found


def _referrers(urls: pa.Array, dictionary: Dictionary) -> np.ndarray:
    """The code of each URL's host, as ``conditions.host_of`` has it; NONE without one."""
    places, different = _encoded(urls)
    hosts = pc.utf8_lower(pc.struct_field(pc.extract_regex(different, _HOST), "host"))
    codes: np.ndarray = _or_none(_coded(hosts, dictionary))[places]
    return codes


def _categories(lists: pa.ListArray, dictionary: Dictionary) -> dict[str, np.ndarray]:
    """The distinct categories of each event, in the order of their codes."""
    code, lengths = _coded(lists.flatten(), dictionary), lengths_of(lists)
    row = np.repeat(np.arange(len(lists)), lengths)
    pairs = distinct((row[code != NONE] << 32) | code[code != NONE])
    counts = np.bincount(pairs >> 32, minlength=len(lists))
    return {"category_starts": starts_of(counts), "categories": (pairs & 0xFFFFFFFF).astype(np.int32)}


def _customs(table: pa.Table, dictionaries: Dictionaries) -> dict[str, np.ndarray]:
    """The values of each row's custom_context for the keys of ``dictionaries``."""
    if not dictionaries.custom_keys:
        return {"custom_starts": np.zeros(len(table) + 1, np.int64), "customs": np.empty(0, np.int32)}
    counts, places, different = dictionaries.custom_values.of(whole(table[EXTRA]))
    return {"custom_starts": starts_of(counts), "customs": dictionaries["custom"].codes(different)[places]}
