"""What a table can be refused for, each with its sentence."""

from __future__ import annotations

from interactions.errors import FileRefused


class NoTable(FileRefused):
    """The file is no table that can be read."""


class Empty(FileRefused):
    """The table has no rows."""

    def __init__(self, *, has_header: bool) -> None:
        self.has_header = has_header
        super().__init__("The file has a header but no rows." if has_header else "The file has no records.")


class OneColumn(FileRefused):
    """A list of values, of which an interaction can't be made."""

    def __init__(self) -> None:
        super().__init__(
            "The file has only one column. An interaction needs more, such as its time, its visitor and its product."
        )


class TooManyColumns(FileRefused):
    """More columns than anybody maps."""

    def __init__(self, count: int, most: int) -> None:
        super().__init__(f"The file has {count:,} columns; Dojo can map up to {most:,}. Export only what you need.")


class RowTooLong(FileRefused):
    """A row that memory would have to hold, or a quote that is never closed."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"A row of the file is longer than {most >> 20} MB. A quote may be missing: quotes must be closed."
        )


class Encrypted(FileRefused):
    """A workbook with a password, or an encrypted Parquet file."""

    def __init__(self, sentence: str = "The workbook is encrypted: save a copy of it without a password.") -> None:
        super().__init__(sentence)


class Damaged(FileRefused):
    """A Parquet file or a workbook that can't be read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} can't be read: it is damaged, cut short, or of an unknown version.")


class MappingRefused(FileRefused):
    """A mapping that doesn't fit the table, or says something that can't be done."""


class Unanswered(MappingRefused):
    """A mapping leaves open what only you can say."""
