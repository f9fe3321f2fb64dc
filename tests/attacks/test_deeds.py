"""Every deed × every role × own and foreign environment, really performed, by the table of roles."""

from pathlib import Path

import pytest
from django.test import Client

from interactions.access.roles import RIGHTS, ROUTES, Right, Role
from interactions.models import Environment
from tests import cast
from tests.access.test_roles import OF_AN_ENVIRONMENT, address_of

from .deeds import DEEDS, Deed, all_rows

pytestmark = pytest.mark.django_db
ROLES: tuple[Role | None, ...] = (*Role, None)
CHANGES_NOTHING = {"member_link", "access_letter", "cohort_draft", "people", "people_filter", "records", "api_trial"}
ASKS_FOR = {  # beyond the address's own right
    "api_trial": Right.IMPORT,  # it stores what it is sent
    "data_retention": Right.SETTINGS,
}


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, redis_server: str) -> None:
    for name in ("LAKE_DIR", "INDEX_DIR", "UPLOADS_DIR", "IMPORTS_DIR", "EXPORTS_DIR", "SCRATCH_DIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        setattr(settings, name, folder)


def environment(slug: str) -> Environment:
    return Environment.objects.get(slug=slug)


def may(role: Role | None, deed: Deed) -> bool:
    asked = {ROUTES[deed.name], ASKS_FOR.get(deed.name, ROUTES[deed.name])}
    return role is not None and asked <= RIGHTS[role]


def test_every_address_that_takes_a_form_is_tried(client: Client) -> None:
    client.force_login(cast.owner())
    tried = {deed.name for deed in DEEDS}
    left_out = [name for name in OF_AN_ENVIRONMENT if name not in tried]
    assert {name: client.post(address_of(name)).status_code for name in left_out} == dict.fromkeys(left_out, 405)


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_each_role_does_what_the_table_says_and_nothing_else(client: Client, deed: Deed, role: Role | None) -> None:
    here, somebody = environment("production"), cast.member("somebody", role)
    client.force_login(somebody)
    parts, form = deed.make(here, somebody)
    before = all_rows()
    answer = client.post(deed.address(here, parts), form)
    list(answer)  # a file is written as it is taken
    if may(role, deed):
        assert answer.status_code < 400
        assert deed.name in CHANGES_NOTHING or all_rows() != before
    else:
        assert answer.status_code == 403
        assert all_rows() == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_an_owner_of_another_environment_does_nothing_here(client: Client, deed: Deed) -> None:
    here, stranger = environment("production"), cast.member("stranger", Role.OWNER, "playground")
    client.force_login(stranger)
    parts, form = deed.make(here, stranger)
    before = all_rows()
    assert client.post(deed.address(here, parts), form).status_code == 403
    assert all_rows() == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_what_is_here_is_not_reached_by_the_address_of_another_environment(client: Client, deed: Deed) -> None:
    here, there = environment("production"), environment("playground")
    stranger = cast.member("stranger", Role.OWNER, "playground")
    client.force_login(stranger)
    parts, form = deed.make(here, stranger)
    if "pk" not in parts:
        pytest.skip("It names nothing that could be another environment's.")
    before = all_rows()
    assert client.post(deed.address(there, parts), form).status_code == 404
    assert all_rows() == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_form_of_another_site_does_nothing(deed: Deed) -> None:
    here, olga = environment("production"), cast.owner()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(olga)
    parts, form = deed.make(here, olga)
    before = all_rows()
    for headers in ({}, {"Origin": "https://evil.example"}, {"Referer": "https://evil.example/"}):
        assert strict.post(deed.address(here, parts), form, headers=headers).status_code == 403
    assert all_rows() == before
