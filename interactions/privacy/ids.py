"""The input of a deletion request: ids as written, and notes about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

LONGEST_ID: Final = 512  # characters of a user_id
LONGEST_ANONYMOUS_ID: Final = 1_024


class Id(NamedTuple):
    """A user_id, or an anonymous_id for its records without a user_id."""

    text: str
    is_anonymous: bool = False

    @property
    def longest(self) -> int:
        """The maximum length of such an id."""
        return LONGEST_ANONYMOUS_ID if self.is_anonymous else LONGEST_ID

    @property
    def kind(self) -> str:
        """The kind of id, for display."""
        return "anonymous id" if self.is_anonymous else "user id"


@dataclass(frozen=True, slots=True)
class About:
    """Notes about a request, which are kept permanently."""

    asked_by: str = ""
    reference: str = ""
    note: str = ""
    is_for_good: bool = False


def in_pieces(rows: Iterable[T], size: int = 2_000) -> Iterator[list[T]]:
    """Split rows into lists of ``size``, small enough for one database statement."""
    each = iter(rows)
    while piece := list(islice(each, size)):
        yield piece
