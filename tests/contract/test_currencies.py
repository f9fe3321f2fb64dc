"""Money in the currency of an environment."""

import pytest

from interactions.contract.currencies import currencies, money, rounded


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1234.5, "", "1,234.50"),
        (5.0, "", "5"),
        (123_456.78, "", "123,457"),
        (1234.5, "EUR", "€1,234.50"),
        (5.0, "USD", "$5"),
        (-5.25, "USD", "-$5.25"),
        (123_456.78, "GBP", "£123,457"),
        (1234.0, "JPY", "¥1,234"),
        (0.0, "USD", "$0"),
    ],
)
def test_money_is_written_as_people_do(value: float, currency: str, text: str) -> None:
    assert money(value, currency) == text


@pytest.mark.parametrize(
    ("value", "currency", "sum_"),
    [(0.1 + 0.2, "", 0.3), (10 / 3, "", 3.333333), (10 / 3, "EUR", 3.33), (10 / 3, "JPY", 3), (10 / 3, "KWD", 3.333)],
)
def test_a_sum_is_rounded_to_what_there_is_of_its_currency(value: float, currency: str, sum_: float) -> None:
    assert rounded(value, currency) == sum_


def test_currencies_are_those_in_use() -> None:
    assert {"EUR", "USD", "JPY", "CHF", "KWD"} <= set(currencies())
    assert "DEM" not in currencies() and currencies()["EUR"] == "Euro"
