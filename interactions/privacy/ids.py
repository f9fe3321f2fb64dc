"""What a deletion request is made of: ids as they are written, and what is kept about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

LONGEST_ID: Final = 512  # characters of a user_id
LONGEST_ANONYMOUS_ID: Final = 1_024


class Id(NamedTuple):
    """A user_id, or an anonymous_id that is meant by itself: its records without a user_id."""

    text: str
    is_anonymous: bool = False

    @property
    def longest(self) -> int:
        """The most characters that an id of its kind has."""
        return LONGEST_ANONYMOUS_ID if self.is_anonymous else LONGEST_ID

    @property
    def kind(self) -> str:
        """Its kind in words."""
        return "anonymous id" if self.is_anonymous else "user id"


@dataclass(frozen=True, slots=True)
class About:
    """What is kept of a request for good, beside its numbers."""

    asked_by: str = ""
    reference: str = ""
    note: str = ""
    is_for_good: bool = False


def in_pieces(rows: Iterable[T], size: int = 2_000) -> Iterator[list[T]]:
    """The rows in lists of ``size``, as many as one statement of the database may name."""
    each = iter(rows)
    while piece := list(islice(each, size)):
        yield piece
