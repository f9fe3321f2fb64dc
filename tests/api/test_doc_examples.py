"""The examples of docs/api.md, sent as they stand there."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest
from django.test import Client

from interactions.access import keys
from interactions.models import ApiKey, Environment
from tests.lakes import append, record
from tests.processes import HOUSE

EXAMPLES = re.findall(r"^    (curl .*)$", (HOUSE / "docs" / "api.md").read_text(), re.MULTILINE)


def test_there_are_examples_of_reports_and_of_the_export() -> None:
    assert sum("/v1/reports" in each for each in EXAMPLES) > 4
    assert sum("/v1/interactions/export" in each for each in EXAMPLES) > 1


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_an_example_works_as_it_stands(client: Client, production: Environment, place: int) -> None:
    append([record("checkout", "2024-03-05T10:00:00Z", user_id="ann", product_ids=["p"], revenue=3.0)])
    scopes = ApiKey.Scope.READ, ApiKey.Scope.WRITE
    key = keys.create(production, kind=ApiKey.Kind.SECRET, name="Docs", scopes=scopes)[1]
    words = shlex.split(EXAMPLES[place].replace("$KEY", key).replace("$DOJO", ""))[1:]
    headers = [after for word, after in itertools.pairwise(words) if word == "-H"]
    address = words[-1]
    answer = client.get(address, headers=dict(header.split(": ", 1) for header in headers))
    assert answer.status_code == 200, answer.content
