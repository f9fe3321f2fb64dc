"""What the loops take from other packages without their promise: these tests fail when it changes."""

from __future__ import annotations

import ctypes
import platform
import sys

import numba
import numpy as np
import pytest

from interactions.codec.scanner import found
from interactions.compiled import jit, xxh3


def first_after(values: np.ndarray, start: int) -> float:
    return float(values[start:][0])


def code_of(**options: object) -> str:
    """What Numba makes of ``first_after``, which takes a part of an array."""
    made = numba.njit(**options)(first_after)
    assert made(np.arange(3.0), 1) == 1
    (code,) = made.inspect_llvm().values()
    return str(code)


def test_numba_spares_the_loops_to_count_who_holds_their_arrays() -> None:
    ours = {name: value for name, value in jit._OPTIONS.items() if name != "cache"}
    assert jit._OPTIONS["_nrt"] is False
    assert "NRT_decref" in code_of() and "NRT_decref" not in code_of(**ours)


def test_numba_inlines_the_loops_into_each_other() -> None:
    assert jit._OPTIONS["forceinline"] is True
    assert "alwaysinline" not in code_of() and "alwaysinline" in code_of(forceinline=True)


def test_numba_keeps_what_it_compiled_in_the_folder_that_is_named_by_its_sources() -> None:
    assert str(jit._folder()) == numba.config.CACHE_DIR
    assert xxh3._write._cache.cache_path.startswith(str(jit._folder()))


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="hashed one by one elsewhere"
)
def test_the_library_of_xxhash_has_the_function_that_hashes_texts() -> None:
    assert xxh3._FUNCTION


def test_python_reads_a_number_from_its_bytes() -> None:
    read = ctypes.PYFUNCTYPE(ctypes.c_double, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)(found._TO_DOUBLE)
    assert read(b"0.30000000000000004", None, None) == 0.1 + 0.2
