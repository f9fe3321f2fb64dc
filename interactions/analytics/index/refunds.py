"""Amounts of refunds, which records have in custom_context."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from interactions.analytics.definitions import AMOUNT, REFUND_AMOUNT
from interactions.analytics.index.custom_values import text_of

_ABSENT: Final = msgspec.Raw(b"")
_CUSTOM: Final = msgspec.defstruct("Custom", [("amount", msgspec.Raw, _ABSENT)], rename={"amount": REFUND_AMOUNT})
_CONTEXT: Final = msgspec.defstruct("Context", [("custom_context", _CUSTOM | None, None)])
_EXTRA: Final[Any] = msgspec.defstruct("Extra", [("context", _CONTEXT | None, None)])
_decoder: Final = msgspec.json.Decoder(_EXTRA)
_QUOTE: Final = b'"'[0]
_DIGITS: Final = frozenset(b"0123456789")


def amounts_of(extras: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """The amount in each row of the table's ``extra`` (float64), NaN without one."""
    return np.array([_amount_in(text) for text in extras.to_pylist()], np.float64)


def _amount_in(text: str | None) -> float:
    """A number without sign and exponent, or a text that is one."""
    if not text:
        return np.nan
    try:
        custom = getattr(_decoder.decode(text).context, "custom_context", None)
    except msgspec.MsgspecError:  # no object where one should be
        return np.nan
    written = bytes(custom.amount) if custom else b""
    if not written or (written[0] != _QUOTE and written[0] not in _DIGITS):
        return np.nan
    found = text_of(written)
    return float(found) if AMOUNT.fullmatch(found) else np.nan
