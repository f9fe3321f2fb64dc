"""Schemathesis makes calls of ``/v1/openapi.json`` and sends them.

What the document allows is accepted, and whatever is sent, the answer is one that it names, in the form that it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as said

from interactions.access import keys
from interactions.api.openapi import document
from interactions.models import ApiKey, Environment
from tests.lakes import append, record

EXAMPLES = 10
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to make the smallest call that fails takes minutes, and calls are small anyway
)
MODES = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
OPERATIONS = [
    pytest.param(path, method.upper(), mode, id=f"{method} {path} {mode.value}")
    for path, calls in document("http://localhost")["paths"].items()
    for method, call in calls.items()
    for mode in MODES
    # without a body and options nothing of a call can be wrong
    if mode is GenerationMode.POSITIVE or "requestBody" in call or call["parameters"]
]


@pytest.fixture
def loaded(client: Client, db: None) -> Any:
    """The document as it is served, on the application as it runs."""
    served = client.get("/v1/openapi.json", headers={"host": "localhost"}).json()
    found = schemathesis.openapi.from_dict(served)
    found.app = get_wsgi_application()
    return found


@pytest.fixture
def able(production: Environment) -> str:
    """A key that may do all there is, with something to read."""
    append([record("checkout", "2024-03-05T10:00:00Z", user_id="ann", product_ids=["p"], revenue=3.0)])
    return keys.create(production, kind=ApiKey.Kind.SECRET, name="Able", scopes=list(ApiKey.Scope))[1]


def send_each(loaded: Any, path: str, method: str, mode: GenerationMode, check: Callable[[Case], None]) -> None:
    @quick
    @given(case=loaded[path][method].as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        check(case)

    send()


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_every_answer_is_one_that_the_document_names(
    loaded: Any, able: str, path: str, method: str, mode: GenerationMode
) -> None:
    def check(case: Case) -> None:
        answer = case.call(headers={"X-API-KEY": able}, params={"api_key": able})
        assert answer.status_code < 500
        case.validate_response(
            answer,
            checks=[
                schemathesis.checks.not_a_server_error,
                said.status_code_conformance,
                said.content_type_conformance,
                said.response_schema_conformance,
            ],
        )

    send_each(loaded, path, method, mode, check)


def test_records_that_the_document_allows_are_accepted(loaded: Any, secret: str) -> None:
    def check(case: Case) -> None:
        answer = case.call(headers={"X-API-KEY": secret}, params={"api_key": secret, "dry_run": "1"})
        assert answer.status_code == 200, answer.text

    send_each(loaded, "/v1/interactions", "POST", GenerationMode.POSITIVE, check)
