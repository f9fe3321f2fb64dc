"""What the address of the dashboard chooses: bars, their split, the steps of the funnel."""

from datetime import UTC

from django.http import QueryDict

from interactions.analytics.periods import Unit
from interactions.questions.options import Choice


def test_the_address_gives_bars_split_and_steps() -> None:
    choice = Choice.of(QueryDict("unit=week&split=type&compare=no&step=search,checkout"), UTC)
    assert (choice.unit, choice.split, choice.is_compared) == (Unit.WEEK, "type", False)
    assert choice.steps == ("search", "checkout")
    assert choice.filter.query() == "?unit=week&split=type&compare=no&step=search%2Ccheckout"


def test_steps_that_are_no_types_are_named() -> None:
    choice = Choice.of(QueryDict("step=dance&step=search"), UTC)
    assert choice.steps == ()
    assert choice.filter.mistakes == ["Unknown type: dance."]
