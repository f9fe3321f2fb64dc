"""``make lint`` fails for a known vulnerability, and goes on where a registry can't be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import audit
from tests.audit import Audit, read_npm, read_pip, told
from tests.processes import HOUSE

PIP = {
    "dependencies": [
        {"name": "django", "version": "5.2.1", "vulns": [
            {"id": "PYSEC-2026-1", "fix_versions": ["5.2.2"], "aliases": ["CVE-2026-1"], "description": "…"}]},
        {"name": "celery", "version": "5.5.0", "vulns": []},
    ],
    "fixes": [],
}  # fmt: skip
NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "echarts": {"via": [{"source": 1, "url": "https://github.com/advisories/GHSA-aaaa", "title": "…"}],
                    "fixAvailable": {"name": "echarts", "version": "6.1.1"}},
        "wrapper": {"via": ["echarts"], "fixAvailable": True},
    },
    "metadata": {"dependencies": {"total": 12}},
}  # fmt: skip


def answering(monkeypatch: pytest.MonkeyPatch, pip: Any, npm: Any) -> None:
    def run(command: list[str]) -> tuple[str, str]:
        return json.dumps(npm if command[0] == "npm" else pip), ""

    monkeypatch.setattr(audit, "_run", run)


def test_a_vulnerability_is_named_with_what_mends_it() -> None:
    assert told("pip-audit", read_pip(json.dumps(PIP), "")) == [
        "pip-audit: django 5.2.1: PYSEC-2026-1, CVE-2026-1 (mended in 5.2.2)"
    ]
    assert told("npm audit", read_npm(json.dumps(NPM), "")) == [
        "npm audit: echarts: GHSA-aaaa (mended in echarts 6.1.1)"
    ]


def test_a_vulnerability_fails_the_check_unless_it_is_ignored_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, PIP, NPM)
    assert audit.main() == 1
    monkeypatch.setitem(audit.IGNORED, "CVE-2026-1", "Only in a part that Dojo doesn't use.")
    assert audit.main() == 1
    monkeypatch.setitem(audit.IGNORED, "GHSA-aaaa", "Only in a part that Dojo doesn't use.")
    assert audit.main() == 0
    assert "pip-audit: ignored, django 5.2.1" in capsys.readouterr().out


def test_without_vulnerabilities_it_says_how_many_packages_were_looked_at() -> None:
    audited = read_npm(json.dumps({"vulnerabilities": {}, "metadata": NPM["metadata"]}), "")
    assert told("npm audit", audited) == ["npm audit: no known vulnerabilities in 12 packages."]


@pytest.mark.parametrize(
    ("text", "trouble", "says"),
    [
        ('{"message": "405 Method Not Allowed", "statusCode": 405}', "", "405 Method Not Allowed"),
        ("", "a traceback\nConnectionError: no route to host\n\n", "ConnectionError: no route to host"),
        ("<html>", "", "no answer"),
        ("[]", "", "no answer"),
    ],
)
def test_a_registry_that_cannot_be_asked_is_said_in_a_line_and_fails_nothing(
    text: str, trouble: str, says: str
) -> None:
    for read in (read_pip, read_npm):
        (line,) = told("tool", read(text, trouble))
        assert line.startswith("tool: not done, as the registry can't be asked")
        assert says in line or read is read_pip


def test_packages_that_the_registry_does_not_answer_for_are_not_taken_for_safe() -> None:
    skipped = {"dependencies": [{"name": "django", "skip_reason": "Dependency not found on PyPI"}]}
    (line,) = told("pip-audit", read_pip(json.dumps(skipped), ""))
    assert "1 of 1 packages not looked at" in line and "Dependency not found" in line


def test_a_machine_without_the_tool_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit._run(["no-such-program"])[0] == ""
    assert told("tool", Audit(trouble="no such program")) == [
        "tool: not done, as the registry can't be asked: no such program"
    ]


def test_what_is_ignored_has_a_reason_and_lint_asks() -> None:
    assert all(len(reason) > 20 for reason in audit.IGNORED.values())
    assert "-m tests.audit" in (HOUSE / "Makefile").read_text()
    assert all((HOUSE / name).exists() for name in audit.FILES)
