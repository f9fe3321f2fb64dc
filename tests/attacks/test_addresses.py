"""Addresses that try to leave: path traversal, redirects to elsewhere, forged forms on every route."""

from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from interactions.access.roles import ROUTES, Access
from tests import cast
from tests.access.test_roles import NAMED, address_of
from tests.ingest.uploads.tus import Tus, metadata
from tests.pages import made
from tests.web_server import Server

UP = ("../", "..%2f", "%2e%2e/", "..%5c", "....//", "%252e%252e%252f", "..;/", "%c0%ae%c0%ae/")
KEY_FORMS = {"api_interactions", "api_deletion", "api_connect", "api_unknown"}  # a key says who calls, and no cookie


@pytest.mark.slow
def test_no_path_leads_out_of_its_folder(web_server: Server) -> None:
    secret = (web_server.folder / "secret_key").read_text()
    for base in ("/static/", "/static/js/", "/uploads/", "/production/interactions/imports/", "/"):
        for up in UP:
            for file in ("secret_key", "dojo.sqlite3", "etc/passwd", "dojo/settings.py"):
                answer = web_server.fetch("GET", f"{base}{up * 6}{file}")
                assert answer[0] in (301, 302, 400, 403, 404, 405), (base, up, answer)
                assert secret.encode() not in answer[1] and b"root:" not in answer[1]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../../secret_key", "/etc/passwd", "..\\..\\secret_key", "a/../../b", ".."])
def test_the_name_of_an_uploaded_file_leads_nowhere(settings, tmp_path: Path, name: str) -> None:
    settings.UPLOADS_DIR = tmp_path / "deep" / "uploads"
    tus = Tus(cast.analyst())
    answer = tus.create(4, b"data", Upload_Metadata=metadata(filename=name, environment="production"))
    assert answer.status_code in (201, 400)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.parent == settings.UPLOADS_DIR for path in written)


@pytest.mark.django_db
@pytest.mark.parametrize("up", UP)
def test_a_token_of_an_upload_is_no_path(up: str) -> None:
    assert Tus(cast.analyst()).head(f"/uploads/{up * 3}secret_key/").status_code in (301, 302, 400, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_log_in_or_log_out_leads_elsewhere(client: Client, place: str) -> None:
    user = cast.owner()
    user.set_password("correct horse battery")
    user.save()
    form = {"username": "olga", "password": "correct horse battery", "next": place}
    for address in (reverse("login"), f"{reverse('login')}?next={quote(place)}"):
        assert client.post(address, form)["Location"] == reverse("home")
        assert client.get(address, {"next": place})["Location"] == reverse("home")  # who is logged in
        answer = client.post(f"{reverse('logout')}?next={quote(place)}", {"next": place})
        assert answer["Location"] == reverse("login")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["people_filter", "import_cancel"])
def test_a_form_that_says_where_to_go_on_leads_nowhere_else(client: Client, name: str) -> None:
    client.force_login(cast.owner())
    parts = {"pk": made("checking").pk} if name == "import_cancel" else {}
    address = reverse(name, kwargs={"environment": "production", **parts})
    for place in ("https://evil.example/", "//evil.example/"):
        answer = client.post(address, {"id": "ann", "to": place, "from": place, "next": place})
        assert answer.status_code in (302, 400, 404)
        assert answer.status_code != 302 or answer["Location"].startswith("/production/")


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(NAMED) - KEY_FORMS))
def test_no_route_takes_a_forged_post(name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.raise_request_exception = False
    if ROUTES[name] is not Access.PUBLIC:
        strict.force_login(cast.owner())
    assert strict.post(address_of(name), {"a": "b"}).status_code in (403, 405)
