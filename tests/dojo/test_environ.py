"""Settings from the environment: what is good is taken, what is bad is named."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dojo import environ
from dojo.machine import is_elsewhere


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """Give SETTING a value for one test."""
    return lambda value: monkeypatch.setenv("SETTING", value)


def test_what_is_not_given_is_the_default():
    assert environ.text("SETTING", "blue") == "blue"
    assert environ.number("SETTING", 7) == 7
    assert environ.flag("SETTING", default=True) is True
    assert environ.choice("SETTING", "A", ("A", "B")) == "A"


def test_what_is_given_empty_is_the_default(given):
    given("  ")
    assert environ.number("SETTING", 7) == 7


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("yes", True), ("On", True), ("0", False), ("FALSE", False)])
def test_a_flag_is_said_in_many_ways(given, value, meant):
    given(value)
    assert environ.flag("SETTING", default=not meant) is meant


def test_a_choice_may_be_given_in_small_letters(given):
    given("debug")
    assert environ.choice("SETTING", "INFO", ("DEBUG", "INFO")) == "DEBUG"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("perhaps", lambda: environ.flag("SETTING", default=False)),
        ("12 MB", lambda: environ.number("SETTING", 1)),
        ("-1", lambda: environ.number("SETTING", 1)),
        ("0", lambda: environ.number("SETTING", 1, least=1)),
        ("70000", lambda: environ.number("SETTING", 1, most=65535)),
        ("LOUD", lambda: environ.choice("SETTING", "INFO", ("DEBUG", "INFO"))),
        ("mysql://host/name", lambda: environ.url("SETTING", "", {"sqlite", "postgres"})),
        ("no address", lambda: environ.url("SETTING", "", {"sqlite", "postgres"})),
    ],
)
def test_a_bad_value_is_refused_with_the_name_of_the_setting(given, value, read):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"^SETTING "):
        read()


def test_a_folder_is_made(given, tmp_path: Path):
    given(str(tmp_path / "new" / "folder"))
    assert environ.folder("SETTING", Path()).is_dir()


def test_a_folder_behind_a_symbolic_link_goes_by_its_own_path(given, tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path)
    given(str(tmp_path / "link" / "folder"))
    assert environ.folder("SETTING", Path()) == tmp_path.resolve() / "folder"


def test_a_folder_that_cannot_be_made_is_refused(given, tmp_path: Path):
    (tmp_path / "file").write_text("")
    given(str(tmp_path / "file" / "folder"))
    with pytest.raises(ImproperlyConfigured, match=r"^SETTING is .* can't be created"):
        environ.folder("SETTING", Path())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(given, tmp_path: Path):
    (tmp_path / "folder").mkdir(mode=0o500)
    given(str(tmp_path / "folder"))
    with pytest.raises(ImproperlyConfigured, match=r"^SETTING is .* cannot be written to"):
        environ.folder("SETTING", Path())


@pytest.mark.parametrize(
    ("given", "missing"),
    [("", "FIRST and SECOND"), ("FIRST", "SECOND"), ("SECOND", "FIRST")],
)
def test_what_must_be_given_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch, given: str, missing: str):
    if given:
        monkeypatch.setenv(given, "value")
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} must be set: several machines share them"):
        environ.require("FIRST", "SECOND", because="several machines share them")


@pytest.mark.parametrize("host", ["", "localhost", "LOCALHOST", "127.8.8.8", "::1", "/run/postgresql", "@a"])
def test_a_socket_and_a_loopback_address_are_on_this_machine(host: str):
    assert not is_elsewhere(host)


@pytest.mark.parametrize("host", ["db", "localhost.example.com", "10.0.0.7", "fe80::1", "/run/a, 10.1.1.1"])
def test_any_other_name_or_address_may_be_another_machine(host: str):
    assert is_elsewhere(host)
