"""``python -m tests.audit``: known vulnerabilities of the packages that Dojo is made of, part of ``make lint``.

It asks the registries, by ``pip-audit`` and ``npm audit``. Where one doesn't answer, as on a machine without a network
or behind a mirror, it says so and goes on: a vulnerability fails the check, an unreachable registry doesn't.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HOUSE: Final = Path(__file__).parent.parent
FILES: Final = ("requirements.txt", "requirements-streams.txt", "requirements-dev.txt", "requirements-bench.txt")
_SECONDS: Final = 120.0

IGNORED: Final[dict[str, str]] = {}
"""Advisories that don't concern Dojo, by their id (PYSEC-…, CVE-…, GHSA-…), with the reason."""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A package of a version with an advisory, which may have several ids."""

    package: str
    ids: tuple[str, ...]
    mended_in: str

    def __str__(self) -> str:
        advice = f"mended in {self.mended_in}" if self.mended_in else "no mended version yet"
        return f"{self.package}: {', '.join(self.ids)} ({advice})"

    @property
    def is_ignored(self) -> bool:
        return any(each in IGNORED for each in self.ids)


@dataclass(frozen=True, slots=True)
class Audit:
    """What a tool found out: ``trouble`` says why it couldn't look at ``unknown`` packages, or at none at all."""

    vulnerabilities: tuple[Vulnerability, ...] = ()
    packages: int = 0
    unknown: int = 0
    trouble: str = ""


def read_pip(text: str, trouble: str) -> Audit:
    """The answer of ``pip-audit --format json``, and what it complained about."""
    given = _json(text)
    if not isinstance(given, dict) or "dependencies" not in given:
        return Audit(trouble=_last_line(trouble))
    packages = given["dependencies"]
    unknown = [each for each in packages if "skip_reason" in each]
    found = tuple(
        Vulnerability(
            f"{package['name']} {package['version']}",
            (each["id"], *each.get("aliases", ())),
            ", ".join(each.get("fix_versions", ())),
        )
        for package in packages
        for each in package.get("vulns", ())
    )
    return Audit(found, len(packages), len(unknown), unknown[0]["skip_reason"] if unknown else "")


def read_npm(text: str, trouble: str) -> Audit:
    """The answer of ``npm audit --json``, and what it complained about."""
    given = _json(text)
    if not isinstance(given, dict) or "vulnerabilities" not in given:
        said = given.get("message", "") if isinstance(given, dict) else ""
        return Audit(trouble=said or _last_line(trouble))
    found = tuple(
        Vulnerability(name, tuple(_npm_ids(package)), _npm_fix(package))
        for name, package in sorted(given["vulnerabilities"].items())
        if any(isinstance(each, dict) for each in package["via"])  # else it's another package's, which is listed
    )
    counts = given.get("metadata", {}).get("dependencies", {})
    return Audit(found, counts.get("total", 0))


def _npm_ids(package: dict[str, Any]) -> Iterator[str]:
    for each in package["via"]:
        if isinstance(each, dict):
            yield str(each.get("url", "")).rpartition("/")[2] or str(each.get("source", each.get("title", "")))


def _npm_fix(package: dict[str, Any]) -> str:
    fix = package.get("fixAvailable")
    return f"{fix['name']} {fix['version']}" if isinstance(fix, dict) else "an update" if fix else ""


def told(tool: str, audit: Audit) -> list[str]:
    """The lines to print of an audit: one at least."""
    lines = [f"{tool}: {each}" for each in audit.vulnerabilities if not each.is_ignored]
    lines += [f"{tool}: ignored, {each}" for each in audit.vulnerabilities if each.is_ignored]
    if not audit.packages:
        return [*lines, f"{tool}: not done, as the registry can't be asked: {audit.trouble}"]
    if audit.unknown:
        of_all = f"{audit.unknown} of {audit.packages} packages"
        return [*lines, f"{tool}: {of_all} not looked at, as the registry doesn't answer: {audit.trouble}"]
    return lines or [f"{tool}: no known vulnerabilities in {audit.packages} packages."]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _last_line(text: str) -> str:
    return next((line.strip()[:200] for line in reversed(text.splitlines()) if line.strip()), "no answer")


def _run(command: Sequence[str]) -> tuple[str, str]:
    path = f"{os.environ.get('PATH', '')}{os.pathsep}{HOUSE / '.venv' / 'bin'}"  # where npm is one of Python's packages
    try:
        done = subprocess.run(
            command, cwd=HOUSE, capture_output=True, text=True, timeout=_SECONDS, env={**os.environ, "PATH": path}
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {_SECONDS:.0f} s"
    except OSError as error:
        return "", str(error)
    return done.stdout, done.stderr


def main() -> int:
    """Ask both registries; 1 where there is a vulnerability that isn't ignored."""
    files = [word for name in FILES for word in ("-r", name)]
    pip = [sys.executable, "-m", "pip_audit", *files, "--no-deps", "--disable-pip", "--format", "json"]
    audits = {
        "pip-audit": read_pip(*_run([*pip, "--progress-spinner", "off"])),
        "npm audit": read_npm(*_run(["npm", "audit", "--json", "--package-lock-only"])),
    }
    for tool, audit in audits.items():
        print(*told(tool, audit), sep="\n")
    found = [each for audit in audits.values() for each in audit.vulnerabilities]
    return int(any(not each.is_ignored for each in found))


if __name__ == "__main__":
    sys.exit(main())
