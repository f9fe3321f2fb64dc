"""The first administrator is made once, with a password that is said once."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from dojo import administrator

pytestmark = pytest.mark.django_db


def test_the_password_that_is_said_logs_in():
    said = administrator.make_first()
    assert said
    password = said.split("password ")[1].split(" ")[0]
    admin = authenticate(username="admin", password=password)
    assert admin
    assert admin.is_superuser


def test_a_password_that_was_given_is_taken_and_not_said(settings):
    settings.ADMIN_PASSWORD = "open sesame"
    assert administrator.make_first() == "Log in as admin with the password from DOJO_ADMIN_PASSWORD."
    assert authenticate(username="admin", password="open sesame")


def test_where_an_administrator_exists_none_is_made():
    User.objects.create_superuser("boss")
    assert administrator.make_first() is None
    assert User.objects.count() == 1


def test_two_random_passwords_differ():
    assert administrator.random_password() != administrator.random_password()
