"""Timestamps by the rule, and the short cut that takes most of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.contract.timestamps import instant, is_instant

_digits = st.integers(0, 99).map("{:02}".format)
_near_misses = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["0000", "0001", "1999", "2024", "9999", "224", "20240"]),
    st.one_of(_digits, st.sampled_from(["02", "12", "13"])),
    st.one_of(_digits, st.sampled_from(["01", "28", "29", "30", "31"])),
    st.sampled_from(["T", "t", " ", "", "_"]),
    st.one_of(_digits, st.sampled_from(["00", "23", "24"])),
    st.one_of(_digits, st.sampled_from(["59", "60"])),
    st.one_of(_digits, st.sampled_from(["59", "60", "61"])),
    st.sampled_from(["", ".", ".5", ".123456789", ",5"]),
    st.sampled_from(["Z", "z", "", "+01:00", "-2359", "+24:00", "Z ", "\n"]),
)


@given(_near_misses)
def test_the_short_cut_and_the_rule_agree(text: str) -> None:
    assert is_instant(text) == (instant(text) is not None)


@pytest.mark.parametrize("text", ["2024-02-29T00:00:00Z", "2024-12-31T23:59:60Z", "2024-01-28 12:00:00.5z"])
def test_rare_and_usual_spellings_are_instants(text: str) -> None:
    assert is_instant(text)
