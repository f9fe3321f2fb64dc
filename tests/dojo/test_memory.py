"""Memory: garbage isn't looked for while many objects are made, and always is afterwards."""

from __future__ import annotations

import gc

import pytest

from dojo import memory


def test_garbage_is_not_collected_meanwhile() -> None:
    with memory.uncollected():
        assert not gc.isenabled()
        with memory.uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_garbage_is_collected_after_an_error() -> None:
    with pytest.raises(ValueError, match="made"), memory.uncollected():
        raise ValueError("made")
    assert gc.isenabled()
