"""Analysts' questions put to Dojo in a fresh process: ``python -m benchmarks.ours ENVIRONMENT FILTER``.

FILTER is a name in NARROWED. The answer has the seconds that each question took with nothing remembered, the index in
the system's page cache and the loops loaded, and the answers.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import django

django.setup()

from benchmarks.asked import questions  # noqa: E402
from benchmarks.dashboard import start, touch  # noqa: E402
from benchmarks.memory import own_memory  # noqa: E402
from benchmarks.narrowed import NARROWED  # noqa: E402
from benchmarks.processes import answer  # noqa: E402
from interactions.analytics.data_sets import opened  # noqa: E402
from interactions.analytics.index.filtered import forget  # noqa: E402


def main(environment: str, name: str) -> None:
    touch(environment)
    start()
    index, seconds, answers = opened(environment), dict[str, float](), dict[str, Any]()
    for question, asked in questions().items():
        asked.dojo(index, NARROWED["a user"].filter)  # loads the loops
        forget()
        began = time.perf_counter()
        answers[question] = asked.dojo(index, NARROWED[name].filter)
        seconds[question] = time.perf_counter() - began
        forget()
    answer({"seconds": seconds, "answers": answers, "memory": own_memory()})


if __name__ == "__main__":
    main(*sys.argv[1:])
