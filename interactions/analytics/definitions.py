"""Definitions of the figures, shared by the index and the relational expressions."""

from __future__ import annotations

import re
from typing import Final

from interactions.contract.schema import TYPES_BY_GROUP, Group

VIEW: Final = "product_detail_page_view"
CART: Final = "add_to_cart"
BUY: Final = "checkout"
REFUND: Final = "refund"
REFUND_AMOUNT: Final = "refund_amount"  # the key of custom_context
AMOUNT: Final = re.compile(r"[0-9]{1,15}([.][0-9]{1,20})?")
SHOWN: Final = ("impression", "viewable_impression")
# "Conversions" on all pages. The group Conversion also has earlier steps, and refunds.
CONVERSIONS: Final = ("checkout", "subscribe")
QUIET: Final = 30 * 60 * 1_000_000  # µs without a record end a session

# Types that are of little use to a recommender unless they name the product.
ABOUT_PRODUCTS: Final = frozenset(
    {
        "product_detail_page_view", "product_image_view", "impression", "viewable_impression", "click",
        "add_to_cart", "remove_from_cart", "checkout", "refund",
        *TYPES_BY_GROUP[Group.CONSUMPTION], "like", "dislike", "share", "rate", "bookmark",
    }
)  # fmt: skip

# What programs write instead of an id. Case doesn't matter.
_WORDS: Final = (
    "", " ", "null", "nil", "none", "undefined", "nan", "n/a", "na", "unknown", "anonymous", "guest", "user", "test",
    "true", "false", "-", "-1", "(not set)", "(none)", "[object object]", "00000000-0000-0000-0000-000000000000",
    *("0" * length for length in range(1, 37)),
)  # fmt: skip
PLACEHOLDERS: Final = tuple(
    {form for word in _WORDS for form in (word, word.upper(), word.capitalize(), word.title())}
    | {"NaN", "[object Object]"}
)

# The properties of records that are counted for the Health page.
COUNTS: Final = (
    "with_user", "with_anonymous", "without_id", "placeholder_ids", "about_products", "with_products", "with_miso_id",
    "future", "before_2000",
)  # fmt: skip
