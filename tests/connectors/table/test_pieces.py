"""A batch of rows can be taken in pieces."""

from __future__ import annotations

import pyarrow as pa

from interactions.connectors.table.rows import Rows, refused


def batch(rows: int, *unreadable: int, blank: tuple[int, ...] = ()) -> Rows:
    table = pa.table({"n": pa.array([str(number) for number in range(rows)])})
    return Rows(table, 10, 99, [refused(number, "?", "No.") for number in unreadable], [*blank])


def test_pieces_have_the_numbers_of_the_batchs_rows() -> None:
    whole = batch(7, 10, 13, 14, 19)
    pieces = list(whole.pieces(2))
    assert [number for piece in pieces for number in piece.numbers()] == whole.numbers().tolist()
    assert [row for piece in pieces for row in piece.table["n"].to_pylist()] == whole.table["n"].to_pylist()


def test_each_unreadable_row_is_in_one_piece_and_within_it() -> None:
    pieces = list(batch(7, 10, 13, 14, 19, 20).pieces(3))
    assert [[each.index for each in piece.rejected] for piece in pieces] == [[10, 13, 14], [19, 20], []]
    assert all(piece.first <= each.index < piece.first + piece.count for piece in pieces for each in piece.rejected)


def test_pieces_count_what_the_batch_counts_and_its_bytes_once() -> None:
    pieces = list(batch(7, 10, 16, 19).pieces(2))
    assert (sum(piece.count for piece in pieces), sum(piece.size for piece in pieces)) == (10, 99)
    assert [piece.first for piece in pieces[1:]] == [piece.first + piece.count for piece in pieces[:-1]]


def test_blank_lines_take_numbers_and_are_no_events() -> None:
    whole = batch(5, 11, blank=(10, 13, 14, 17))
    assert (whole.events, whole.count, whole.numbers().tolist()) == (6, 10, [12, 15, 16, 18, 19])
    pieces = list(whole.pieces(2))
    assert [number for piece in pieces for number in piece.numbers()] == whole.numbers().tolist()
    assert [piece.blank for piece in pieces] == [[10, 13, 14], [17], []]


def test_a_small_batch_is_one_piece() -> None:
    whole = batch(2, 10)
    assert list(whole.pieces(2)) == [whole]
