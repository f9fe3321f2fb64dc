"""The whole product, a browser that is logged in, and an empty environment for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.wizard.browser import faultless, log_in
from tests.processes import Dojo, add_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_numbers = count(1)


@pytest.fixture(scope="session")
def logged_in(browser: Browser, dojo: Dojo) -> Any:
    """The cookies of the administrator."""
    with faultless(browser, dojo) as context:
        log_in(context.new_page())
        return context.storage_state()


@pytest.fixture
def visitor(browser: Browser, dojo: Dojo, logged_in: Any) -> Iterator[BrowserContext]:
    """A browser of the administrator's; an error in the console of any page of it fails the test."""
    with faultless(browser, dojo, storage_state=logged_in) as context:
        yield context


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    return visitor.new_page()


@pytest.fixture
def environment(dojo: Dojo) -> str:
    """An environment without any interactions."""
    return add_environment(dojo, f"shop-{next(_numbers)}")
