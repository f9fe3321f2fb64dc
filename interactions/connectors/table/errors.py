"""Reasons to refuse a table, each with a sentence for users."""

from __future__ import annotations

from interactions.errors import FileRefused


class NoTable(FileRefused):
    """The file isn't a table that Dojo can read."""


class Empty(FileRefused):
    """The table has no rows."""

    def __init__(self, *, has_header: bool) -> None:
        self.has_header = has_header
        super().__init__("The file has a header but no rows." if has_header else "The file has no records.")


class EmptyWorkbook(Empty):
    """The workbook, or its chosen sheet, has no rows."""

    def __init__(self) -> None:
        super().__init__(has_header=False)


class Packed(FileRefused):
    """A Parquet file is packed in another file."""

    def __init__(self) -> None:
        super().__init__("The file has a Parquet file in it: import that by itself, as it's compressed already.")


class OneColumn(FileRefused):
    """The table has one column, which isn't enough for an interaction."""

    def __init__(self) -> None:
        super().__init__(
            "The file has only one column. An interaction needs more, such as its time, its visitor and its product."
        )


class TooManyColumns(FileRefused):
    """The table has more columns than anyone would map."""

    def __init__(self, count: int, most: int) -> None:
        super().__init__(f"The file has {count:,} columns; Dojo can map up to {most:,}. Export only what you need.")


class RowTooLong(FileRefused):
    """A row is too long for memory, or a quote is never closed."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"A row of the file is longer than {most >> 20} MB. A quote may be missing: quotes must be closed."
        )


class Encrypted(FileRefused):
    """The workbook has a password, or the Parquet file is encrypted."""

    def __init__(self, sentence: str = "The workbook is encrypted: save a copy of it without a password.") -> None:
        super().__init__(sentence)


class Damaged(FileRefused):
    """The Parquet file or workbook can't be read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} can't be read: it is damaged, cut short, or of an unknown version.")


class MappingRefused(FileRefused):
    """The mapping doesn't fit the table or is invalid."""


class Unanswered(MappingRefused):
    """The mapping leaves a question open that only a person can answer; ``name`` is its subject."""

    def __init__(self, sentence: str, name: str) -> None:
        self.name = name
        super().__init__(sentence)
