"""Texts are kept in files, and a file is taken again for its own texts alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from interactions.analytics.index import text_files
from interactions.analytics.index.dictionaries import CAMPAIGN

SHAPES = {
    "texts": pa.array(["ads", "partner", "news"]),
    "sources alone": pa.array([{"source": each} for each in ("ads", "partner", "news")], CAMPAIGN),
    "names alone": pa.array([{"name": each} for each in ("ads", "partner", "news")], CAMPAIGN),
    "one empty text": pa.array(["", None]),
}


def written(folder: Path, texts: pa.Array, *known: text_files.TextFile) -> tuple[text_files.TextFile, ...]:
    files = [(file, text_files.read(folder, file)[0]) for file in known]
    return text_files.write(folder, pa.chunked_array([texts]), files)


@pytest.mark.parametrize("texts", SHAPES.values(), ids=SHAPES)
def test_a_new_build_with_as_many_texts_in_another_order_has_files_of_its_own(tmp_path: Path, texts: pa.Array) -> None:
    (before,) = written(tmp_path, texts)
    turned = texts.take(pa.array([*range(1, len(texts)), 0]))
    (after,) = written(tmp_path, turned, before)
    assert text_files.read(tmp_path, after)[0].to_pylist() == turned.to_pylist()


@pytest.mark.parametrize("texts", SHAPES.values(), ids=SHAPES)
def test_texts_that_lie_in_a_file_are_not_written_again(tmp_path: Path, texts: pa.Array) -> None:
    (before,) = written(tmp_path, texts)
    chunk = text_files.read(tmp_path, before)[0]
    assert text_files.write(tmp_path, pa.chunked_array([chunk]), [(before, chunk)]) == (before,)
