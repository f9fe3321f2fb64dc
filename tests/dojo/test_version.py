"""One version, from pyproject.toml, wherever it is shown; and a changelog by releases."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dojo.version import version_of
from tests.processes import HOUSE, environ

VERSION = version_of(HOUSE)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.slow
@pytest.mark.parametrize("word", ["version", "--version"])
def test_the_command_prints_dojos_own_version(word: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", word],
        cwd=HOUSE,
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{VERSION}\n"


def test_a_version_is_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_the_changelog_has_releases_newest_first_and_none_that_is_newer_than_the_code() -> None:
    first, *releases = re.findall(r"^## (.+)$", (HOUSE / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first == "Unreleased"
    dated = [re.fullmatch(r"(\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)", release) for release in releases]
    assert all(dated), releases
    versions = [numbers(release[1]) for release in dated if release]
    assert versions == sorted(versions, reverse=True)
    assert not versions or numbers(VERSION) >= versions[0]
