"""A short run of ``make fuzz``, the same each time, and what longer runs have kept."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.__main__ import CORPUS, corpus, once
from tests.fuzz.agreement import check_file, check_record

TRIES = 40


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_the_kept_corpus_is_read_alike_every_way(path: Path) -> None:
    text = path.read_bytes()
    check_file(text, random.Random(path.name))
    for line in text.splitlines():
        check_record(line)


@pytest.mark.parametrize("start", range(0, TRIES, 10))
def test_what_comes_of_it_by_small_changes_is_too(start: int) -> None:
    texts = corpus()
    for seed in range(start, start + 10):
        once(seed, texts)
