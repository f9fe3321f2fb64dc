"""What the address of the dashboard chooses: bars, their split, the steps of the funnel."""

from datetime import UTC

import pytest
from django.http import QueryDict

from interactions.analytics.conditions import Condition
from interactions.analytics.periods import Unit
from interactions.questions.options import Choice
from interactions.questions.steps import ANY, ChosenStep


def test_the_address_gives_bars_split_and_steps() -> None:
    choice = Choice.of(QueryDict("unit=week&split=type&compare=no&step=search,checkout"), UTC)
    assert (choice.unit, choice.split, choice.is_compared) == (Unit.WEEK, "type", False)
    assert choice.steps == (ChosenStep("search"), ChosenStep("checkout"))
    assert choice.filter.query() == "?unit=week&split=type&compare=no&step=search%2Ccheckout"


def test_steps_that_are_no_types_are_named() -> None:
    choice = Choice.of(QueryDict("step=dance&step=search"), UTC)
    assert choice.steps == ()
    assert choice.filter.mistakes == ["Unknown type: dance."]


def test_steps_have_conditions_that_go_along_with_them() -> None:
    query = "step=search&step=&step=any&step3.region!=Kent&step3.region!=Bath&step1.keywords~=tea"
    choice = Choice.of(QueryDict(query), UTC)
    kent = Condition("region", ("Kent", "Bath"), is_not=True)
    tea = Condition("keywords", ("tea",), contains=True)
    assert choice.steps == (ChosenStep("search", (tea,)), ChosenStep(ANY, (kent,)))
    assert [step.name for step in choice.funnel(set())] == [
        "search, Search words contain tea",
        "Any interaction, Region is not Kent or Bath",
    ]
    written = choice.filter.query()
    assert written == "?step1.keywords~=tea&step2.region!=Kent&step2.region!=Bath&step=search%2Cany"
    assert Choice.of(QueryDict(written.removeprefix("?")), UTC).steps == choice.steps
    assert choice.filter.query(step="shop") == "?step=shop"


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ("step=search,click&step3.region=Kent", "There is no step 3 that conditions could be about."),
        ("step=shop&step1.region=Kent", "The steps of shop can't have conditions. Choose steps instead."),
        ("step1.region=Kent", "Conditions of steps need steps. Choose them, too."),
        ("step=search,click&step1.device=toaster", "device=toaster in the address isn't valid; it can be "),
        ("step=search,click&step2.custom.x!!=1", "You can't filter by the key 'x!' of custom_context."),
    ],
)
def test_a_condition_that_no_step_can_have_is_named(query: str, mistake: str) -> None:
    choice = Choice.of(QueryDict(query), UTC)
    assert [each.startswith(mistake) for each in choice.filter.mistakes] == [True]
    assert not any(step.conditions for step in choice.steps)
