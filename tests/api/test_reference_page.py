"""The API page: it says all that the OpenAPI document says, with this host, and sends a test interaction."""

import html
import io
import json
import re
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse

from interactions.access import keys
from interactions.access.roles import Role
from interactions.api import reference
from interactions.console.sites import sites
from interactions.contract import schema
from interactions.models import ApiKey, Environment, InboxEntry
from tests import cast
from tests.api.conftest import waiting

PAGE = "/production/api/"
TRIAL = "/production/api/trial/"
SITE_KEY = "/production/api/site-key/"
GOOD = json.dumps({"data": [{"type": "like", "user_id": "ann"}]})


@pytest.fixture(autouse=True)
def host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["dojo.example", "testserver"]


@pytest.fixture
def people() -> Any:
    """Members by their role; gone after the test, whose rows are committed."""
    made: list[Any] = []

    def make(role: Role) -> Any:
        made.append(cast.member(f"person {len(made)}", role))
        return made[-1]

    yield make
    for person in made:
        person.delete()


@pytest.fixture
def analyst(client: Client, production: Environment, people: Any) -> Client:
    client.force_login(people(Role.ANALYST))
    return client


@pytest.fixture
def reader(client: Client, production: Environment, people: Any) -> Client:
    client.force_login(people(Role.VIEWER))
    return client


def text_of(client: Client, query: str = "", **headers: str) -> str:
    answer = client.get(PAGE + query, headers={"host": "dojo.example", **headers})
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def fields_on(page: str) -> set[str]:
    return set(re.findall(r"<td><code>(\w+)</code>", page))


def test_it_is_in_the_navigation_and_marked_there(analyst: Client) -> None:
    assert re.search(r'class="pane-link active" href="/production/api/"', text_of(analyst))


def test_it_asks_for_a_log_in(client: Client, production: Environment) -> None:
    for address, ask in ((PAGE, client.get), (TRIAL, client.post)):
        assert ask(address)["Location"].startswith(reverse("login"))


def test_every_call_and_each_of_its_answers_is_on_it(analyst: Client) -> None:
    page = text_of(analyst)
    for call in reference.CALLS:
        if call.keys == "token":  # the Connections page says where other tools send
            continue
        assert f"<code>{call.path}</code>" in page and call.title in page
        for answer in call.all_answers:
            assert answer.when in page


def test_the_snippets_name_this_host_and_the_environments_key(analyst: Client) -> None:
    page = text_of(analyst)
    for client in ("curl", "python", "node", "browser", "singer"):
        snippet = page.split(f'id="code-{client}"')[1].split("</pre>")[0]
        assert "http://dojo.example" in snippet
        assert re.search(r"production-(secret|publishable)-key", snippet)


def test_code_for_shops_and_sites_names_this_host(analyst: Client) -> None:
    page = text_of(analyst)
    for site in sites({"host": "http://dojo.example", "publishable_key": "production-publishable-key"}):
        assert f'id="site-{site.id}"' in page and all(step in page for step in site.steps)
        assert site.text in page
        assert not site.text or ("http://dojo.example" in site.text and "production-publishable-key" in site.text)
    assert "Create a publishable key" not in page


def test_a_new_publishable_key_stands_in_the_code_once(
    client: Client, production: Environment, people: Any, redis_server: str
) -> None:
    client.force_login(people(Role.OWNER))
    once = re.search(r'name="once" value="(\w+)"', client.get(PAGE).content.decode())
    assert once and "Create a publishable key" in client.get(PAGE).content.decode()
    answer = client.post(SITE_KEY, {"once": once[1]})
    key = ApiKey.objects.get(environment=production)
    shown = re.findall(r"dojo_pk_[\w-]{20,}", html.unescape(answer.content.decode()))
    assert len(set(shown)) == 1 and keys.find(shown[0])
    assert (key.kind, answer["Cache-Control"].count("no-store")) == (ApiKey.Kind.PUBLISHABLE, 1)
    assert "production-publishable-key" not in answer.content.decode().split('id="sites"')[1]
    assert client.post(SITE_KEY, {"once": once[1]})["Location"] == PAGE
    assert ApiKey.objects.count() == 1 and shown[0] not in client.get(PAGE).content.decode()


def test_the_wordpress_plugin_can_be_downloaded(reader: Client) -> None:
    answer = reader.get("/production/api/dojo-interactions.zip")
    assert answer["Content-Disposition"] == 'attachment; filename="dojo-interactions.zip"'
    with ZipFile(io.BytesIO(answer.content)) as zipped:
        assert "dojo-interactions/dojo-interactions.php" in zipped.namelist()


def test_the_limits_are_those_of_the_settings(analyst: Client, settings: Any) -> None:
    settings.API_RECORDS = 12_345
    assert "12,345" in text_of(analyst)


def test_without_a_type_all_fields_are_listed(analyst: Client) -> None:
    assert fields_on(text_of(analyst)) == set(schema.FIELDS)


@pytest.mark.parametrize("kind", ["search", "checkout", "feedback"])
def test_with_a_type_its_fields_alone_are_listed(analyst: Client, kind: str) -> None:
    own = {name for name, field in schema.FIELDS.items() if kind in field.types}
    assert fields_on(text_of(analyst, f"?type={kind}")) == own


def test_htmx_gets_the_table_alone(analyst: Client) -> None:
    fragment = text_of(analyst, "?type=rate", hx_request="true")
    assert fragment.strip().startswith('<div id="fields">') and "<html" not in fragment
    assert fields_on(fragment) >= {"rating"}


def test_the_test_form_stores_a_record_and_shows_status_answer_and_live(analyst: Client) -> None:
    answer = analyst.post(TRIAL, {"body": GOOD}, headers={"hx-request": "true"})
    page = html.unescape(answer.content.decode())
    assert "200 OK" in page and '"message": "success"' in page and 'href="/production/live/"' in page
    entry = InboxEntry.objects.get()
    assert (entry.environment.slug, bytes(entry.text)) == ("production", b'{"type": "like", "user_id": "ann"}')


def test_the_test_form_works_as_a_page_of_its_own(analyst: Client) -> None:
    assert "<html" in analyst.post(TRIAL, {"body": GOOD}).content.decode()


def test_a_dry_run_stores_nothing(analyst: Client) -> None:
    page = analyst.post(f"{TRIAL}?dry_run=1", {"body": GOOD}).content.decode()
    assert "1 record checked, nothing stored" in page
    assert waiting() == 0


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('{"data": [{"type": "likes"}]}', "422", "data.0.type (likes) is invalid."),
        ('{"data": [', "400", "The body is not valid JSON"),
        ("", "400", "The body is empty."),
        ("{}", "400", 'a list called \\"data\\"'),
    ],
)
def test_what_the_api_refuses_the_form_shows_in_its_words(analyst: Client, body: str, status: str, said: str) -> None:
    page = html.unescape(analyst.post(TRIAL, {"body": body}).content.decode())
    assert f">{status} " in page and said in page and "Nothing was stored." in page


def test_the_limits_hold_for_the_form_as_well(analyst: Client, settings: Any) -> None:
    settings.API_BODY_BYTES = 1024
    assert ">413 " in analyst.post(TRIAL, {"body": " " * 2000}).content.decode()


def test_the_live_page_is_told_of_a_test_under_the_name_of_who_sent_it(analyst: Client, told: list[Any]) -> None:
    analyst.post(f"{TRIAL}?dry_run=1", {"body": GOOD})
    delivery = told[0]
    assert (delivery.client, delivery.path, delivery.records) == ("API-page", "/v1/interactions?dry_run=1", 1)
    assert "person 0" in delivery.key_name


def test_who_may_not_import_may_check_but_not_store(reader: Client) -> None:
    assert reader.post(TRIAL, {"body": GOOD}).status_code == 403
    assert reader.post(f"{TRIAL}?dry_run=1", {"body": GOOD}).status_code == 200
    assert waiting() == 0
    assert "Send to Production" not in text_of(reader)


def test_a_forged_test_is_refused(production: Environment, people: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people(Role.ANALYST))
    assert strict.post(TRIAL, {"body": GOOD}).status_code == 403


def test_the_test_form_is_a_post(analyst: Client) -> None:
    assert analyst.get(TRIAL).status_code == 405
