"""The thresholds of each check; environments can override them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final


class ValueUnit(StrEnum):
    """The unit of a check's value; a share is 0 to 1."""

    DAYS = "days"
    SHARE = "share"
    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A check's title, and how its value is rated.

    At ``good`` or better it's good, worse than ``poor`` it's poor, and fair in between.
    """

    title: str
    unit: ValueUnit
    good: float
    poor: float

    @property
    def more_is_better(self) -> bool:
        return self.good >= self.poor


_SHARE, _DAYS = ValueUnit.SHARE, ValueUnit.DAYS

# Guides for recommender systems ask for about three months of history, and an id and a product in most records; the
# rest is typical of healthy shops and media sites.
THRESHOLDS: Final[Mapping[str, Threshold]] = {
    "span": Threshold("Length of history", _DAYS, 84, 28),
    "gaps": Threshold("Days without data", _SHARE, 0.0, 0.30),  # an office is closed on weekends
    "product_views": Threshold("Product views", _SHARE, 0.05, 0.0001),
    "actions": Threshold("Carts, check-outs or consumption", _SHARE, 0.01, 0.0001),
    "views_per_search": Threshold("Product views for each search", ValueUnit.RATIO, 1.0, 0.2),
    "with_user": Threshold("With a user id", _SHARE, 0.10, 0.01),
    "with_anonymous": Threshold("With an anonymous id", _SHARE, 0.80, 0.30),
    "without_id": Threshold("With neither id", _SHARE, 0.01, 0.10),
    "placeholder_ids": Threshold("Placeholder ids", _SHARE, 0.0, 0.01),
    "most_of_one": Threshold("Records of one id", _SHARE, 0.01, 0.05),
    "users_again": Threshold("Users with two records or more", _SHARE, 0.30, 0.10),
    "with_products": Threshold("Products named", _SHARE, 0.95, 0.80),
    "with_miso_id": Threshold("With a miso_id", _SHARE, 0.05, 0.0),
    "times": Threshold("Impossible times", _SHARE, 0.0, 0.001),
    "already_there": Threshold("Duplicates", _SHARE, 0.05, 0.50),
    "rejected": Threshold("Rejected by imports", _SHARE, 0.01, 0.10),
    "refused_calls": Threshold("Refused live calls", _SHARE, 0.01, 0.10),
}


def thresholds_of(given: Mapping[str, Any]) -> dict[str, Threshold]:
    """All thresholds, with the overrides of an environment (check → ``[good, poor]``)."""
    return {
        name: replace(default, good=float(given[name][0]), poor=float(given[name][1])) if name in given else default
        for name, default in THRESHOLDS.items()
    }
