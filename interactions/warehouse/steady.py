"""Retry reads of a table that is rewritten meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from interactions.errors import DataNotReady
from interactions.warehouse.log import LakeAway, LakeUnreadable

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

# Retry for this long, and at least this often: there may be several erasures in a row, and a long read should not fail
# because of the first.
_PATIENCE_SECONDS: Final = 10.0
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.05


class DataSetBusy(DataNotReady):
    """The table was rewritten repeatedly while it was read."""

    def __init__(self) -> None:
        super().__init__("The data set is being rewritten. Try again in a few seconds.")


def steady(look: Callable[[], Found]) -> Found:
    """The result of ``look``, which lists the parts it reads itself.

    It's called again on FileNotFoundError, which means that there is a newer version. Raises DataSetBusy.
    """
    patient_until = time.monotonic() + _PATIENCE_SECONDS
    tries = 0
    while True:
        tries += 1
        try:
            return look()
        except LakeAway:
            raise
        except (FileNotFoundError, LakeUnreadable) as gone:
            if tries >= _TRIES and time.monotonic() > patient_until:
                raise DataSetBusy from gone
            logger.info("A part was removed while it was read; reading the newer version.")
            time.sleep(_PAUSE_SECONDS)
