"""A report is a question, and whoever holds the data set answers it: the event index of this machine, or a cluster.

A page asks a report and never knows who answered. Reports that put together other reports need nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from interactions.analytics.index.run import Index

Given = ParamSpec("Given")
Found = TypeVar("Found")

REPORTS: Final[dict[str, Callable[..., object]]] = {}
"""All questions by their names, which are the names of the methods that answer them elsewhere."""


class Engine(Protocol):
    """Whoever answers questions about one version of the table of an environment (its slug).

    Its answers are those of the index of that version. They raise DataNotReady where it can't answer at this moment.
    """

    @property
    def environment(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def custom_keys(self) -> tuple[str, ...]:
        """The keys of custom_context that it has at hand; asking for others takes longer or is refused."""
        ...

    def answer(
        self, report: Callable[Concatenate[Index, Given], Found], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """What ``report`` gives for an index of the same data set."""
        ...


def question(report: Callable[Concatenate[Index, Given], Found]) -> Callable[Concatenate[Engine, Given], Found]:
    """Make a function over an index a report that any engine can be asked."""
    REPORTS[report.__name__] = report

    @wraps(report)
    def ask(engine: Engine, /, *args: Given.args, **kwargs: Given.kwargs) -> Found:
        return engine.answer(report, *args, **kwargs)

    return ask
