"""The plugin's zip, and what WordPress's plugin check looks for, without PHP."""

from __future__ import annotations

import io
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from integrations.wordpress.package import PLUGIN, package

SCRIPTS = sorted(PLUGIN.rglob("*.php"))
MAIN = (PLUGIN / "dojo-interactions.php").read_text()
README = (PLUGIN / "readme.txt").read_text()
TRANSLATED = re.compile(
    r"\b(?:__|_e|_n|_x|esc_html__|esc_html_e|esc_attr__|esc_attr_e)\(\s*('(?:[^'\\]|\\.)*')(.*?)\)", re.DOTALL
)


def header(text: str, name: str) -> str:
    found = re.search(rf"^[ *]*{name}:\s*(.+)$", text, re.MULTILINE)
    assert found, name
    return found[1].strip()


def test_the_zip_holds_the_plugin_in_one_folder_and_is_the_same_each_time() -> None:
    assert package() == package()
    with ZipFile(io.BytesIO(package())) as zipped:
        assert zipped.testzip() is None
        assert {name.partition("/")[0] for name in zipped.namelist()} == {"dojo-interactions"}
        assert {"dojo-interactions/readme.txt", "dojo-interactions/uninstall.php"} <= set(zipped.namelist())


@pytest.mark.parametrize("name", ["Requires at least", "Requires PHP", "License"])
def test_plugin_and_readme_say_the_same(name: str) -> None:
    assert header(MAIN, name) == header(README, name)


def test_the_version_is_one() -> None:
    assert {header(MAIN, "Version"), header(README, "Stable tag")} == {
        re.search(r"'DOJO_INTERACTIONS_VERSION', '([\d.]+)'", MAIN)[1]  # type: ignore[index]
    }


def test_the_readme_is_as_wordpress_wants_it() -> None:
    for name in ("Contributors", "Tags", "Tested up to", "License URI"):
        assert header(README, name)
    assert len(header(README, "Tags").split(",")) <= 5
    short = README.split("\n\n")[1]
    assert len(short) <= 150 and "\n" not in short
    for title in ("Description", "Installation", "Changelog"):
        assert f"== {title} ==" in README


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_script_answers_when_it_is_called_directly(file: Path) -> None:
    text = file.read_text()
    assert text.startswith("<?php\n")
    guard = re.search(r"^defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;$", text, re.MULTILINE)
    assert guard and not re.search(r"^(?!\s*\*|/\*\*|<\?php|\s*$)", text[: guard.start()], re.MULTILINE)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_the_style_is_wordpresss(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"<\?(?!php)", text), "a short tag"
    assert not text.rstrip().endswith("?>"), "a closing tag"
    assert not re.search(r"\b(curl_\w+|file_get_contents|fsockopen|eval|extract|serialize|unserialize)\(", text)
    assert not re.search(r"<script|<style|<link", text)
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names = re.findall(r"^(?:final )?(?:class|function) (\w+)", code, re.MULTILINE)
    assert all(name.lower().startswith("dojo_interactions") for name in names)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_every_text_is_of_our_domain(file: Path) -> None:
    for text, rest in TRANSLATED.findall(file.read_text()):
        assert rest.strip().endswith("'dojo-interactions'"), text


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_what_is_printed_is_escaped(file: Path) -> None:
    for printed in re.findall(r"\becho\s+([^;]+);", file.read_text()):
        assert printed.startswith("esc_"), printed
