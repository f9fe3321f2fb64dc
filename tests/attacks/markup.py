"""Markup wherever people and programs may write something, and whether a page takes it for its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.processes import HOUSE, Dojo

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = "attacked"
MARK = "data-attack"
# It gets out of an attribute, a text, a comment, a script and a style, whichever it stands in.
MARKUP = f"--></script></style></title>'\"><img {MARK} src=x onerror=window.attacked=1>{{{{7*7}}}}"
KEPT = MARKUP.replace("src=x", "src=y")  # of requests, whose texts may hold none of their ids
UNDER_WAY = ".htmx-request, [aria-busy=true], .skeleton"
RAN = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.forbidden = `${event.violatedDirective}: ${event.blockedURI}`;
});"""


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
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def bring_in(dojo: Dojo, environment: str) -> None:
    """A file, named as it should not be, of good and of refused records."""
    file = dojo.data_dir.parent / MARKUP.replace("/", "")
    file.write_text("\n".join(map(json.dumps, [record(), search(), {"type": MARKUP}, {MARKUP: MARKUP}, MARKUP])))
    command = [sys.executable, "manage.py", "import_interactions", str(file), "--environment", environment]
    done = subprocess.run(command, cwd=HOUSE, env=dojo.environ, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: it has rejected records


def post(page: Page, address: str, /, **form: str) -> str:
    """Send a form as the person at the page would; the address that it leads to."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    answer = page.request.post(address, form=form, headers={"X-CSRFToken": token, "Referer": page.url})
    assert answer.ok, (address, answer.status)
    return answer.url


def upload_names(page: Page) -> None:
    """A file of product names, named as it should not be; the page then shows what was read from it."""
    page.goto(f"/{HERE}/interactions/product-names/")
    name, content = MARKUP.replace("/", ""), json.dumps({MARKUP: MARKUP}).encode()
    page.set_input_files("[name=file]", {"name": name, "mimeType": "application/json", "buffer": content})
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Use these names").wait_for()


def settle(page: Page) -> None:
    """Wait until nothing of the page is on its way any more."""
    page.wait_for_load_state("load")
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, [aria-busy=true], .skeleton')", timeout=60_000
    )


def assert_harmless(page: Page) -> None:
    """Nothing of the markup became an element, nothing of it ran, and the policy had nothing to forbid."""
    assert page.locator(f"[{MARK}]").count() == 0, page.url
    assert page.evaluate("window.attacked") is None, page.url
    assert page.evaluate("window.forbidden") is None, page.url
    assert "onerror=window.attacked=1>49" not in page.inner_text("body"), page.url


def opened(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    assert_harmless(page)
