"""The documentation names everything there is: each setting, each command, each make target."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from interactions.access.roles import Right, Role
from tests.processes import HOUSE

DOCS = HOUSE / "docs"
PAGES = [HOUSE / "README.md", *sorted(DOCS.glob("*.md"))]


def settings_read() -> list[str]:
    """The names that settings.py reads from the environment."""
    tree = ast.parse((HOUSE / "dojo" / "settings.py").read_text())
    return sorted(
        {
            call.args[0].value
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "environ"
            and isinstance(call.args[0], ast.Constant)
        }
    )


def settings_documented() -> list[str]:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "settings.md").read_text(), re.MULTILINE)
    return sorted(rows)


def our_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in ("dojo", "interactions"))


def make_targets() -> list[str]:
    phony = re.search(r"^\.PHONY: (.*)$", (HOUSE / "Makefile").read_text(), re.MULTILINE)
    assert phony
    return phony[1].split()


def test_every_setting_has_its_row_and_every_row_its_setting():
    assert settings_documented() == settings_read()


def test_nothing_else_reads_the_environment():
    """A setting read elsewhere would be unknown to the documentation and unchecked at start."""
    allowed = {"dojo/environ.py", "dojo/management/commands/run.py"}
    readers = {
        str(path.relative_to(HOUSE))
        for folder in ("dojo", "interactions")
        for path in (HOUSE / folder).rglob("*.py")
        if re.search(r"os\.(environ\[|environ\.get\(|getenv)", path.read_text())
    }
    assert readers <= allowed


def test_the_table_of_roles_is_the_one_that_is_checked():
    rows = re.findall(r"^\| .+ \|$", (DOCS / "members.md").read_text(), re.MULTILINE)
    heading, *table = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert heading[1:] == [role.label for role in Role]
    assert [row[0] for row in table] == [right.summary for right in Right]
    for right, row in zip(Right, table, strict=True):
        assert [bool(cell) for cell in row[1:]] == [role.may(right) for role in Role], row[0]


@pytest.mark.parametrize("command", our_commands())
def test_every_command_is_documented(command: str):
    pages = "\n".join(page.read_text() for page in PAGES)
    assert f"manage.py {command}" in pages


@pytest.mark.parametrize("target", make_targets())
def test_every_make_target_is_documented(target: str):
    assert f"make {target}" in (HOUSE / "README.md").read_text() + (DOCS / "running.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_pages_leads_somewhere(page: Path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
