"""What every page has around it: log-in, the left pane, the account, the pages for errors."""

import logging
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.models import Environment, Import
from tests import cast

pytestmark = pytest.mark.django_db

TEMPLATES = Path(settings.BASE_DIR) / "templates"
NAMES_IN_AN_ENVIRONMENT = ("overview", "dashboard", "imports", "import_new", "live", "keys")


@pytest.mark.parametrize("name", ["home", "account", *NAMES_IN_AN_ENVIRONMENT])
def test_every_page_leads_who_is_not_logged_in_to_the_log_in(client: Client, name: str) -> None:
    address = reverse(name, args=["production"] if name in NAMES_IN_AN_ENVIRONMENT else [])
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('login')}?next={address}")


def test_the_log_in_leads_on_to_production(client: Client) -> None:
    user = cast.analyst("analyst")
    user.set_password("correct horse battery")
    user.save()
    answer = client.post(reverse("login"), {"username": "analyst", "password": "correct horse battery"}, follow=True)
    assert answer.redirect_chain[-1] == (reverse("overview", args=["production"]), 302)


def test_a_wrong_password_gets_a_sentence(client: Client) -> None:
    answer = client.post(reverse("login"), {"username": "analyst", "password": "wrong"})
    assert "The user name or password is wrong." in answer.content.decode()


def test_the_pane_names_the_environments_and_marks_the_page(client: Client, importer: User) -> None:
    page = client.get(reverse("imports", args=["playground"])).content.decode()
    assert 'aria-label="Environment: Playground"' in page
    assert re.search(r'class="pane-link pane-link-sub active" href="/playground/interactions/imports/"', page)
    assert page.count('aria-current="page"') == 1


def test_the_bar_of_a_phone_names_the_environment(client: Client, importer: User) -> None:
    page = client.get(reverse("imports", args=["playground"])).content.decode()
    bar = page.split('class="pane-bar"')[1].split("</header>")[0]
    assert "dot-playground" in bar and "Playground" in bar


@pytest.mark.parametrize("who", ["somebody", "nobody"])
def test_letters_are_fetched_before_the_style_sheet_that_names_them(client: Client, importer: User, who: str) -> None:
    browser, name = (client, "account") if who == "somebody" else (Client(), "login")
    head = browser.get(reverse(name)).content.decode().split("</head>")[0]
    assert head.index('rel="preload"') < head.index("wght.css")


@pytest.mark.parametrize("name", NAMES_IN_AN_ENVIRONMENT)
def test_switching_the_environment_keeps_the_kind_of_page(client: Client, name: str) -> None:
    client.force_login(cast.owner())
    shown = client.get(reverse(name, args=["production"])).context["navigation"]
    assert [link.url for link in shown.environments] == [
        reverse(name, args=[environment.slug]) for environment in Environment.objects.all()
    ]


def test_from_one_import_the_switch_leads_to_the_other_environments_list(client: Client, importer: User) -> None:
    imp = Import.objects.create(
        environment=Environment.objects.get(slug="production"), file_name="a.json", size=1, state=Import.State.DONE
    )
    shown = client.get(reverse("import_detail", args=["production", imp.pk])).context["navigation"]
    assert shown.environments[1].url == reverse("imports", args=["playground"])


def test_the_pane_asks_the_database_once(importer: User, rf, django_assert_num_queries) -> None:
    from django.urls import resolve

    from interactions.console.navigation import navigation

    request = rf.get("/production/")
    request.user = importer
    request.resolver_match = resolve("/production/")
    with django_assert_num_queries(1):
        navigation(request)


def test_the_account_page_keeps_leading_where_one_was(client: Client, importer: User) -> None:
    page = client.get(reverse("account"), {"environment": "development"})
    assert page.context["navigation"].environment.slug == "development"


def test_an_unknown_environment_is_not_found(client: Client, importer: User) -> None:
    answer = client.get("/staging/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_who_may_not_import_sees_no_button_for_it(client: Client, onlooker: User) -> None:
    for name in ("overview", "dashboard", "imports"):
        page = client.get(reverse(name, args=["production"])).content.decode()
        assert reverse("import_new", args=["production"]) not in page


def test_an_empty_environment_says_what_to_do(client: Client, importer: User) -> None:
    page = client.get(reverse("overview", args=["production"])).content.decode()
    assert "Production has no interactions yet" in page
    assert "Import data file" in page and "Load sample data" in page


def test_the_account_saves_the_name(client: Client, importer: User) -> None:
    client.post(reverse("account"), {"form": "name", "first_name": "Ada", "last_name": "Lovelace"})
    importer.refresh_from_db()
    assert importer.get_full_name() == "Ada Lovelace"


def test_a_changed_password_keeps_this_browser_logged_in(client: Client) -> None:
    user = User.objects.create_user("analyst", password="correct horse battery")
    client.force_login(user)
    fresh = "staple a horse to it"
    client.post(
        reverse("account"),
        {
            "form": "password",
            "old_password": "correct horse battery",
            "new_password1": fresh,
            "new_password2": fresh,
        },
    )
    user.refresh_from_db()
    assert user.check_password(fresh)
    assert client.get(reverse("account")).status_code == 200


def test_a_password_that_is_too_common_is_refused_beside_its_field(client: Client) -> None:
    user = User.objects.create_user("analyst", password="correct horse battery")
    client.force_login(user)
    answer = client.post(
        reverse("account"),
        {
            "form": "password",
            "old_password": "correct horse battery",
            "new_password1": "password",
            "new_password2": "password",
        },
    )
    assert "field-error" in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password("correct horse battery")


def test_logging_out_is_a_post(client: Client, importer: User) -> None:
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout"))["Location"] == reverse("login")


def test_the_theme_is_set_before_any_style_is_read(client: Client, importer: User) -> None:
    head = client.get(reverse("account")).content.decode().split("</head>")[0]
    assert head.index("js/theme.js") < head.index('rel="stylesheet"')


def test_a_fault_nobody_expected_gets_a_reference_that_is_in_the_log(
    client: Client, importer: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fall_over(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("interactions.console.overview.first_look", fall_over)
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        answer = client.get(reverse("overview", args=["production"]))
    assert answer.status_code == 500
    found = re.search(r'class="reference">(\w+)<', answer.content.decode())
    assert found and f"Reference {found[1]}" in caplog.text


def test_a_forged_request_is_answered_with_what_to_do() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.analyst("analyst"))
    answer = strict.post(reverse("account"), {"form": "name", "first_name": "X"})
    assert answer.status_code == 403
    assert "This page has expired" in answer.content.decode()


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_hold_no_script_style_or_handler_of_their_own(path: Path) -> None:
    markup = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", markup)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", markup)


def test_places_to_go_to_are_those_that_one_may_open(client: Client, onlooker: User) -> None:
    page = client.get(reverse("overview", args=["playground"])).content.decode()
    places = re.findall(r'href="([^"]+)" data-go="([^"]+)"', page)
    assert ("/playground/interactions/health/", "Data sets") in places
    assert ("/production/", "Environment") in places
    assert not any("/keys/" in address or "/members/" in address for address, _ in places)
