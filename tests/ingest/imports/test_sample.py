"""The beginning of a file, read by the rule book alone, says what the whole reader says of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec.split.windows import ByteRange
from interactions.ingest.imports.sample import FileSample, read_sample
from tests.codec.read import LONGEST, Record, read_run
from tests.codec.strategies import dumped, faulty, interactions
from tests.codec.test_reader import files
from tests.processes import HOUSE


def sample_of(text: bytes, *, is_whole: bool = True) -> FileSample:
    return read_sample(text, is_whole=is_whole, longest=LONGEST)


@settings(max_examples=40)
@given(st.lists(st.one_of(interactions(), faulty()), min_size=1, max_size=6), st.integers(0, 3))
def test_both_come_to_the_same(records: list[Record], way: int) -> None:
    for form, text in files(records, way).items():
        sample, whole = sample_of(text), read_run(text, ByteRange(0, len(text), len(text)))
        assert sample.records == whole.records, form
        assert [(each.index, each.offset) for each in sample.rejected] == [each[:2] for each in whole.rejected], form
        assert sample.types == Counter(whole.table["type"].to_pylist()), form


@settings(max_examples=40)
@given(st.lists(interactions(), min_size=1, max_size=4), st.data())
def test_a_record_that_is_cut_off_is_left_out(records: list[Record], data: st.DataObject) -> None:
    raws = [dumped(record, 0).replace(b"\n", b" ") for record in records]
    text = b"\n".join(raws)
    end = data.draw(st.integers(len(text) - len(raws[-1]) + 1, len(text) - 1))
    sample = sample_of(text[:end], is_whole=False)
    assert (sample.records, sample.rejected) == (len(records) - 1, [])


def test_moments_are_those_that_records_name() -> None:
    sample = sample_of(b'{"type":"like"}\n{"type":"like","timestamp":"0279-12-21T02:53:09.5+01:00"}\n{"type":1}')
    assert [moment.isoformat() for moment in sample.moments] == ["0279-12-21T01:53:09.500000+00:00"]
    assert (sample.records, len(sample.rejected)) == (3, 1)


def test_it_needs_neither_the_scanner_nor_pandas() -> None:
    code = (
        "import django, sys; django.setup(); from interactions.ingest.imports.sample import read_sample;"
        'read_sample(b\'{"type":"like"}\', is_whole=True, longest=99);'
        'sys.exit(bool({"numba", "pandas"} & {*sys.modules}))'
    )
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "dojo.settings"}
    assert subprocess.run([sys.executable, "-c", code], cwd=HOUSE, env=named, check=False).returncode == 0
