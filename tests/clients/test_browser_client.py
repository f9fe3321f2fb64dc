"""@miso.ai/client-sdk as it is published, in a real Chromium, on a page of another origin than Dojo's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.conftest import Api

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGE = """<!doctype html><title>Shoes</title><script src="/miso.min.js"></script>"""
UPLOAD = """async ({key, host, records}) => {
  const client = new MisoClient({apiKey: key, apiHost: `${host}/v1`});
  try {
    return {answer: await client.api.interactions.upload(records) ?? null};
  } catch (error) {
    return {status: error.status, said: error.message, answer: error.data};
  }
}"""
# The client of today sends a beacon where the installed one fetches; this is what it sends.
BEACON = """({key, host, records}) =>
  navigator.sendBeacon(`${host}/v1/interactions?api_key=${encodeURIComponent(key)}`, JSON.stringify({data: records}))"""
# With its option sendApiKeyByHeader, the client of today names its key so, which makes the browser ask first.
FETCH_WITH_HEADER = """async ({key, host, records}) => {
  const answer = await fetch(`${host}/v1/interactions`, {
    method: "POST", body: JSON.stringify({data: records}), cache: "no-cache", mode: "cors", headers: {"X-API-KEY": key},
  });
  return {status: answer.status, answer: await answer.json()};
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def shop(clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a site with the client on its page."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "index.html").write_text(PAGE)
    client = clients / "node_modules" / "@miso.ai" / "client-sdk" / "dist" / "umd" / "miso.min.js"
    (folder / "miso.min.js").write_bytes(client.read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(browser: Browser, shop: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shop}/?utm_source=letter")
    yield page
    context.close()


def told(api: Api, *records: dict[str, Any], key: str = "") -> dict[str, Any]:
    return {"key": key or api.publishable, "host": api.host, "records": list(records)}


def like(user_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "like", "user_id": user_id, "product_ids": ["SKU-1"], **fields}


def test_the_client_sends_from_another_origin_and_reads_the_answer(api: Api, page: Page, shop: str) -> None:
    assert page.evaluate(UPLOAD, told(api, like("browser-fetch"))) == {"answer": None}
    row = api.wait_for("browser-fetch", 1)[0]
    assert row["page_url"] == f"{shop}/?utm_source=letter"
    assert (row["page_title"], row["campaign_source"]) == ("Shoes", "letter")


def test_the_client_is_told_what_is_wrong_with_its_records(api: Api, page: Page) -> None:
    found = page.evaluate(UPLOAD, told(api, like("browser-bad"), {"type": "page_view"}))
    assert (found["status"], found["answer"]["errors"]) == (422, True)
    assert found["said"] == found["answer"]["message"]
    assert found["answer"]["data"][0].startswith("data.1.type (page_view) is invalid. ")


def test_the_client_reads_that_its_key_is_wrong(api: Api, page: Page) -> None:
    assert page.evaluate(UPLOAD, told(api, like("browser-wrong"), key="dojo_pk_wrong"))["status"] == 401


def test_a_key_that_is_bound_to_origins_works_there_alone(api: Api, page: Page, shop: str) -> None:
    here = api.key("publishable", "--origin", shop)
    elsewhere = api.key("publishable", "--origin", "https://shop.example")
    assert page.evaluate(UPLOAD, told(api, like("browser-bound"), key=here)) == {"answer": None}
    assert page.evaluate(UPLOAD, told(api, like("browser-bound"), key=elsewhere))["status"] == 403
    api.wait_for("browser-bound", 1)


def test_a_beacon_as_recorded_comes_in_once_however_often_it_is_sent(api: Api, page: Page) -> None:
    context = {"custom_context": {"uuid": "5f0e2b1c-8d1f-4c7f-9d29-6f3d7c1b2a10"}}
    beacon = told(api, like("browser-beacon", context=context))
    with page.expect_request("**/v1/interactions*") as sent:
        assert page.evaluate(BEACON, beacon) is True
    assert sent.value.headers["content-type"].startswith("text/plain")
    assert page.evaluate(BEACON, beacon) is True
    api.wait_for("browser-beacon", 1)
    assert api.post([like("browser-beacon-after")])[0] == 200
    api.wait_for("browser-beacon-after", 1)
    api.wait_for("browser-beacon", 1)


def test_a_beacon_as_recorded_is_sent_even_as_the_page_goes_away(api: Api, page: Page, shop: str) -> None:
    page.evaluate(f"(told) => addEventListener('pagehide', () => ({BEACON})(told))", told(api, like("browser-leaves")))
    page.goto("about:blank")
    api.wait_for("browser-leaves", 1)


def test_a_fetch_as_recorded_with_its_key_in_a_header_passes_the_browsers_question(api: Api, page: Page) -> None:
    found = page.evaluate(FETCH_WITH_HEADER, told(api, like("browser-header")))
    assert found == {"status": 200, "answer": {"errors": False, "message": "success"}}
    api.wait_for("browser-header", 1)
