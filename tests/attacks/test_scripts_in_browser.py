"""Markup in every field that a page shows stays text, in a real browser."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import HOUSE, Dojo, add_environment, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HERE = "attacked"
MARK = "data-attack"
# It gets out of an attribute, a text, a comment, a script and a style, whichever it stands in.
MARKUP = f"--></script></style></title>'\"><img {MARK} src=x onerror=window.attacked=1>{{{{7*7}}}}"
PAGES = [
    "interactions/",
    "interactions/?type=custom",
    "interactions/records/",
    "interactions/health/",
    "interactions/imports/",
    "interactions/imports/new/",
    "interactions/exports/",
    "live/",
    "live/problems/",
    "people/",
    "api/",
    "keys/",
    "keys/new/",
    "members/",
    "members/new/",
    "settings/",
    "activity/",
    "privacy/requests/",
    "privacy/requests/new/",
    "privacy/retention/",
]


def record(**more: Any) -> dict[str, Any]:
    return {
        "type": "custom",
        "custom_action_name": MARKUP,
        "user_id": MARKUP,
        "anonymous_id": MARKUP,
        "product_ids": [MARKUP],
        "product_group_ids": [MARKUP],
        "context": {
            "campaign": dict.fromkeys(("name", "source", "medium", "term", "content"), MARKUP),
            "page": dict.fromkeys(("url", "referrer", "title"), MARKUP),
            "locale": MARKUP,
            "region": MARKUP,
            "user_agent": MARKUP,
            "custom_context": {MARKUP: MARKUP},
        },
        **more,
    }


def search() -> dict[str, Any]:
    return {"type": "search", "user_id": MARKUP, "search": {"keywords": MARKUP, "filters": {MARKUP: [MARKUP]}}}


def send(dojo: Dojo, key: str, *records: Any) -> int:
    request = urllib.request.Request(
        f"{dojo.url}/v1/interactions?api_key={key}&async={urllib.parse.quote(MARKUP)}",
        json.dumps({"data": records}).encode(),
        {"User-Agent": MARKUP, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def attacked(dojo: Dojo) -> str:
    """An environment in which everything that people and programs may name is markup."""
    add_environment(dojo, HERE)
    key = dojo.manage("create_api_key", "--environment", HERE, "--kind", "secret", "--name", MARKUP[:100]).split()[-1]
    assert send(dojo, key, record(), search(), {"type": "product_detail_page_view", "product_ids": [MARKUP]}) == 200
    assert send(dojo, key, record(**{MARKUP: 1}), record(timestamp=MARKUP), {"type": MARKUP}) == 422
    assert send(dojo, "unknown", record()) == 401
    file = dojo.data_dir.parent / MARKUP.replace("/", "")
    file.write_text("\n".join(map(json.dumps, [record(), search(), {"type": MARKUP}, {MARKUP: MARKUP}, MARKUP])))
    command = [sys.executable, "manage.py", "import_interactions", str(file), "--environment", HERE]
    done = subprocess.run(command, cwd=HOUSE, env=dojo.environ, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: it has rejected records
    return HERE


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, attacked: str) -> Iterator["Page"]:
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    log_in(page)
    yield page
    context.close()


def assert_harmless(page: "Page") -> None:
    """Nothing of the markup became an element, and nothing of it ran."""
    assert page.locator(f"[{MARK}]").count() == 0, page.url
    assert page.evaluate("window.attacked") is None, page.url
    assert "--></script></style></title>'\">49" not in page.content(), page.url


def opened(page: "Page", address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert_harmless(page)


def test_no_page_takes_what_it_shows_for_markup(page: "Page") -> None:
    for address in ("", *PAGES):
        opened(page, f"/{HERE}/{address}")
