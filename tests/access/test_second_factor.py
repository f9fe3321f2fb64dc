"""The second factor: an app's codes and recovery codes, who has to have one, and that no way leads around it."""

import time
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, TestCase
from django.urls import reverse

from dojo.log_ins import rates
from interactions.access import members
from interactions.access.roles import ROUTES, Access
from interactions.access.sign_on import second_factor
from interactions.models import ActivityEntry
from tests import cast
from tests.access.test_roles import PATTERNS, address_of
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
OF_LOG_INS = ("login", "account_", "mfa_", "set_password", "openid", "socialaccount")
LOG_IN, CODE, INDEX = "/login/", "/login/second-factor/", "/account/second-factor/"


@pytest.fixture(autouse=True)
def a_cache(settings, tmp_path: Path) -> None:
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}
    settings.CACHES = {"default": {**settings.CACHES["default"], **memory}}
    cache.clear()


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def olga() -> User:
    return with_password(cast.owner("olga"))


def entered(name: str = "olga") -> Client:
    """A browser in which the right password was entered."""
    client = Client()
    assert client.post(LOG_IN, {"username": name, "password": PASSWORD}).status_code == 302
    return client


def code_of(secret: str, steps: int = 0) -> str:
    """The code that an app shows now, or so many steps of 30 seconds later. It's of use for some seconds at least."""
    if (left := 30 - time.time() % 30) < 4:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(client: Client) -> str:
    """Set an app up as a person does; its secret."""
    page = client.get(f"{INDEX}app/")
    secret = page.context["form"].secret
    assert "data:image/svg+xml" in page.content.decode()
    answer = client.post(f"{INDEX}app/", {"code": code_of(secret, -1)})
    assert answer["Location"] == f"{INDEX}codes/"
    return str(secret)


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.fixture
def secret(olga: User) -> str:
    """olga's app is set up."""
    return set_up(entered())


def test_a_password_alone_does_not_log_in_any_more(secret: str) -> None:
    client = entered()
    assert not is_in(client)
    assert client.get("/production/")["Location"].startswith(LOG_IN)
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert not is_in(client)


def test_the_code_of_the_app_logs_in_and_leads_on(secret: str) -> None:
    client = Client()
    answer = client.post(f"{LOG_IN}?next=/production/keys/", {"username": "olga", "password": PASSWORD})
    assert answer["Location"] == CODE
    before = client.session.session_key
    assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/production/keys/"
    assert is_in(client) and client.session.session_key != before


def test_a_code_is_good_once(secret: str) -> None:
    code = code_of(secret)
    assert entered().post(CODE, {"code": code}).status_code == 302
    second = entered()
    assert "was already used" in second.post(CODE, {"code": code}).content.decode()
    assert not is_in(second)


def test_codes_are_guessed_ten_times_and_no_more_even_where_passwords_are_not_counted(secret: str, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=0, of_address=0)
    client = entered()
    for _ in range(10):
        assert "The code is wrong, or was already used" in client.post(CODE, {"code": "000000"}).content.decode()
    assert "Too many failed attempts" in client.post(CODE, {"code": code_of(secret)}).content.decode()
    assert not is_in(client)


def test_a_right_code_does_not_let_an_address_go_on_guessing_passwords(secret: str, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=3, of_address=3)
    for name in ("ann", "bob"):
        Client().post(LOG_IN, {"username": name, "password": "wrong"})
    assert entered().post(CODE, {"code": code_of(secret)}).status_code == 302
    Client().post(LOG_IN, {"username": "carl", "password": "wrong"})
    assert "Too many" in Client().post(LOG_IN, {"username": "dora", "password": "wrong"}).content.decode()


def test_a_recovery_code_logs_in_once(secret: str, olga: User) -> None:
    codes = Authenticator.objects.get(user=olga, type="recovery_codes").wrap().get_unused_codes()
    assert entered().post(CODE, {"code": codes[0]}).status_code == 302
    second = entered()
    second.post(CODE, {"code": codes[0]})
    assert not is_in(second)
    assert len(Authenticator.objects.get(user=olga, type="recovery_codes").wrap().get_unused_codes()) == 9


def test_recovery_codes_are_shown_downloaded_and_made_anew(olga: User) -> None:
    client = entered()
    set_up(client)
    page = text_of(client, f"{INDEX}codes/")
    codes = Authenticator.objects.get(user=olga, type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10 and all(code in page for code in codes)
    assert client.get(f"{INDEX}codes/file/").content.decode().split() == codes
    client.post(f"{INDEX}codes/new/")
    assert codes[0] not in text_of(client, f"{INDEX}codes/")


def test_secrets_lie_encrypted_in_the_database(secret: str) -> None:
    kept = " ".join(str(row.data) for row in Authenticator.objects.all())
    assert secret not in kept and "gAAAA" in kept


def test_a_secret_of_a_former_secret_key_is_still_read_and_of_a_lost_one_said_to_be(secret: str, settings) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 9
    assert entered().post(CODE, {"code": code_of(secret)}).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    assert "SECRET_KEY has changed" in entered().post(CODE, {"code": code_of(secret, 1)}).content.decode()


def test_a_link_to_set_a_password_does_not_lead_around_it(secret: str, olga: User) -> None:
    olga.refresh_from_db()
    link = members.new_link(olga, by=cast.owner("otto"))
    client = Client()
    form = client.get(reverse("set_password", args=[link.uid, link.token]), follow=True)
    fresh = {"password1": "staple a horse", "password2": "staple a horse"}
    assert client.post(form.redirect_chain[-1][0], fresh)["Location"] == CODE
    assert not is_in(client)


def test_it_is_taken_away_by_its_owner_after_confirming(secret: str, olga: User) -> None:
    client = Client()
    client.force_login(olga)
    assert client.get(f"{INDEX}app/remove/")["Location"].startswith("/account/confirm/")
    client = entered()
    client.post(CODE, {"code": code_of(secret)})
    assert "Remove app" in text_of(client, f"{INDEX}app/remove/")
    client.post(f"{INDEX}app/remove/")
    assert not Authenticator.objects.exists()
    assert is_in(entered())


def test_confirming_asks_for_the_password_or_a_code(secret: str, olga: User) -> None:
    client = Client()
    client.force_login(olga)
    page = client.get(f"{INDEX}codes/", follow=True)
    place = page.redirect_chain[-1][0]
    assert "The password is wrong" in client.post(place, {"password": "wrong"}).content.decode()
    assert client.post(place, {"password": PASSWORD})["Location"] == f"{INDEX}codes/"
    assert client.get(f"{INDEX}codes/").status_code == 200
    other = Client()
    other.force_login(olga)
    place = f"/account/confirm/code/?next={INDEX}codes/"
    assert other.post(place, {"code": code_of(secret)})["Location"] == f"{INDEX}codes/"


def test_setting_up_is_logged_and_so_are_codes_that_fail(secret: str) -> None:
    entered().post(CODE, {"code": "000000"})
    found = list(ActivityEntry.objects.filter(action__startswith="second_factor").values_list("action", "object"))
    assert ("second_factor_failed", "log-in of olga") in found


def test_without_redis_codes_are_not_checked_and_nobody_gets_in(secret: str, settings) -> None:
    client = entered()
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": away}
    answer = client.post(CODE, {"code": code_of(secret)})
    assert answer.status_code == 503 and "codes can" in answer.content.decode()
    assert not is_in(client)


# --- Demanded ---


@pytest.mark.parametrize(("needed", "who"), [({"owner"}, "olga"), ({"admin"}, "boss"), ({"owner"}, "boss")])
def test_whose_role_needs_one_sets_it_up_before_anything_else(settings, needed: set[str], who: str) -> None:
    settings.REQUIRE_SECOND_FACTOR = needed
    user = with_password(cast.owner("olga") if who == "olga" else User.objects.create_superuser("boss"))
    client = entered(who)
    for page in ("/production/", "/account/", "/production/keys/", "/"):
        assert client.get(page)["Location"] == INDEX
    assert client.get("/production/interactions/dashboard.json").status_code == 403
    assert client.post("/account/", {"form": "name"}).status_code == 403
    assert client.get("/production/records/", headers=HTMX).status_code in (403, 404)
    assert client.get("/admin/").status_code in (302, 403)
    assert "Your role needs a second factor" in text_of(client, INDEX)
    set_up(client)
    assert client.get("/production/").status_code == 200
    assert second_factor.has_one(user)


def test_other_roles_go_on_without(settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = {"owner", "admin"}
    client = Client()
    client.force_login(cast.viewer())
    assert client.get("/production/").status_code == 200


def test_what_the_role_needs_is_not_taken_away(secret: str, settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = {"owner"}
    client = entered()
    client.post(CODE, {"code": code_of(secret)})
    assert "Your role needs a second factor" in text_of(client, f"{INDEX}app/remove/")
    client.post(f"{INDEX}app/remove/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_the_last_passkey_that_the_role_needs_is_not_removed(olga: User, settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = {"owner"}
    client = entered()
    keys = [Authenticator.objects.create(user=olga, type="webauthn", data={"name": name}) for name in ("Key", "Phone")]
    pages = [f"{INDEX}passkeys/{key.pk}/remove/" for key in keys]
    assert "Remove passkey" in text_of(client, pages[0])
    assert client.post(pages[0])["Location"] == f"{INDEX}passkeys/"
    assert "Remove passkey" not in text_of(client, pages[1])
    assert "Your role needs a second factor" in client.post(pages[1]).content.decode()
    assert list(Authenticator.objects.values_list("data__name", flat=True)) == ["Phone"]
    assert client.get("/production/").status_code == 200


def test_without_a_demand_the_last_passkey_is_removed_with_its_recovery_codes(olga: User) -> None:
    client = entered()
    key = Authenticator.objects.create(user=olga, type="webauthn", data={"name": "Key"})
    Authenticator.objects.create(user=olga, type="recovery_codes", data={})
    client.post(f"{INDEX}passkeys/{key.pk}/remove/")
    assert not Authenticator.objects.exists()
    assert is_in(entered())


# --- Lost ---


def test_an_owner_of_the_log_in_takes_away_a_lost_one_and_ends_the_sessions(secret: str, olga: User) -> None:
    client = entered()
    client.post(CODE, {"code": code_of(secret)})
    assert second_factor.remove(olga, by=cast.owner("otto"))
    assert not is_in(client) and is_in(entered())
    assert ActivityEntry.objects.filter(action="second_factor_removed", object="member olga").exists()


def test_the_members_page_takes_it_away_after_asking(secret: str) -> None:
    client = Client()
    client.force_login(cast.owner("otto"))
    olga = User.objects.get(username="olga")
    page = f"/production/members/{olga.pk}/second-factor/"
    assert "second factor" in text_of(client, "/production/members/")
    assert "logged out everywhere" in text_of(client, page, **HTMX)
    client.post(page)
    assert is_in(entered()) and "second factor" not in text_of(client, "/production/members/")


def test_a_command_takes_an_administrators_away() -> None:
    with_password(User.objects.create_superuser("boss"))
    set_up(entered("boss"))
    call_command("remove_second_factor", "boss")
    assert is_in(entered("boss"))
    with pytest.raises(CommandError, match="no user nobody"):
        call_command("remove_second_factor", "nobody")


def test_setting_one_up_ends_the_sessions_that_began_without(olga: User) -> None:
    old, mine = entered(), entered()
    with TestCase.captureOnCommitCallbacks(execute=True):
        set_up(mine)
    assert not is_in(old) and is_in(mine)
    assert ActivityEntry.objects.filter(action="second_factor_added", actor="olga").exists()


# --- Every way in ---


def test_every_address_that_logs_in_is_one_of_these() -> None:
    """Whoever adds one shows beside it that it asks for the second factor."""
    ways = {name for name in ROUTES if ROUTES[name] is Access.PUBLIC and name.startswith(OF_LOG_INS)}
    shown = {
        "login", "account_login",  # test_a_password_alone_does_not_log_in_any_more
        "mfa_authenticate",  # asks for it
        "set_password", "account_reset_password_from_key",  # test_a_link_to_set_a_password_does_not_lead_around_it
        "mfa_login_webauthn",  # is one: test_passkeys_in_browser
        "openid_connect_login", "openid_connect_callback",  # test_providers
        "account_reset_password", "account_reset_password_done", "socialaccount_login_cancelled",  # log nobody in
    }  # fmt: skip
    assert ways == shown
    others = {pattern.name for namespace, pattern in PATTERNS if namespace == "admin" and "log" in str(pattern.name)}
    assert {name for name in others if name in ("login", "logout")} == {"login", "logout"}  # the first leads to ours


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if ROUTES[name] is Access.PUBLIC))
def test_no_public_address_lets_somebody_in_who_knows_the_password_alone(secret: str, name: str) -> None:
    """Whatever is sent there, with the password just entered and without a code."""
    client = entered()
    client.raise_request_exception = False
    form = {"username": "olga", "password": PASSWORD, "login": "olga", "next": "/account/"}
    for send in (client.get, client.post):
        send(address_of(name), form)
        assert SESSION_KEY not in client.session
    client.post(reverse("admin:login"), form)
    assert SESSION_KEY not in client.session
