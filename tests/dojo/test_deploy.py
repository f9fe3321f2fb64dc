"""The files by which Dojo is deployed name what there is, and their own linters take them."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dojo import procfile
from tests.dojo.dockerfile import instructions
from tests.processes import HOUSE
from tests.test_docs import settings_read

PROCESSES = procfile.commands(HOUSE / "Procfile")
UNITS = sorted((HOUSE / "deploy" / "systemd").iterdir())
# What docker compose knows of a service (compose-spec), as far as it's used here and a little more.
SERVICE_KEYS = {
    *("build", "cap_drop", "command", "depends_on", "env_file", "environment", "healthcheck", "image", "init", "ports"),
    *("read_only", "restart", "security_opt", "stop_grace_period", "tmpfs", "user", "volumes"),
}
GIVEN_BY_SHELL = {"POSTGRES_PASSWORD", "EXTRAS"}


def copied() -> list[str]:
    """What the Dockerfile copies from the checkout."""
    found: list[str] = []
    for word, rest in instructions():
        if word == "COPY" and "--from=" not in rest:
            *sources, _target = [part for part in rest.split() if not part.startswith("--")]
            found.extend(sources)
    return found


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HOUSE / "compose.yaml").read_text())
    return found


def test_the_image_copies_what_there_is_and_the_context_holds_it() -> None:
    assert {"requirements.txt", "dojo", "interactions", "Procfile", "pyproject.toml"} <= set(copied())
    assert [name for name in copied() if not (HOUSE / name).exists()] == []
    rules = [line for line in (HOUSE / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert let_in == set(copied())
    assert rules[0] == "*"


def test_nothing_secret_or_private_gets_into_the_image() -> None:
    for name in ("data", ".env", ".git", "tests", "benchmarks", ".venv"):
        assert not any(fnmatch.fnmatch(name, source) for source in copied()), name


def test_the_image_runs_as_nobody_in_particular_and_keeps_its_data_in_a_volume() -> None:
    words = dict(instructions())
    assert words["USER"].isdigit()
    assert int(words["USER"]) > 0
    assert words["VOLUME"] == "/data"
    assert "DOJO_DATA_DIR=/data" in words["ENV"]


def test_what_was_made_for_root_alone_can_be_read_by_the_user_of_the_image() -> None:
    """The settings have all files made for their user alone: without this nobody could read the static files."""
    made = next(rest for word, rest in instructions() if word == "RUN" and "collectstatic" in rest)
    assert made.endswith("chmod -R a+rX /dojo")


def test_the_image_compiles_what_make_setup_compiles() -> None:
    made = re.search(r'"(import django; django\.setup\(\).*)"', (HOUSE / "Makefile").read_text())
    ran = "\n".join(rest for word, rest in instructions() if word == "RUN")
    assert made is not None
    assert made[1] in ran
    assert "python -m interactions.codec" in ran


@pytest.mark.parametrize(
    ("extras", "files"),
    [("", []), ("streams", ["streams"]), ("streams cluster", ["streams", "cluster"]), ("nothing", None)],
)
def test_the_image_installs_the_extras_that_are_asked_for(tmp_path: Path, extras: str, files: list[str] | None) -> None:
    """By its own line, which adds their requirements to the usual ones; one that there isn't ends the build."""
    ran = next(rest for word, rest in instructions() if word == "RUN" and "$EXTRAS" in rest)
    adds = re.search(r"for extra in .*?; done", ran)
    assert adds is not None
    lines = adds[0].replace("/tmp/requirements.txt", f"{tmp_path}/all.txt")
    done = subprocess.run(["sh", "-c", lines], cwd=HOUSE, env={"EXTRAS": extras, "PATH": "/bin:/usr/bin"}, check=False)
    assert (done.returncode == 0) == (files is not None)
    if files:
        wanted = "".join((HOUSE / f"requirements-{name}.txt").read_text() for name in files)
        assert (tmp_path / "all.txt").read_text() == wanted


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, HOUSE / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_compose_runs_every_process_of_the_procfile() -> None:
    services = compose()["services"]
    commands = [service.get("command") for service in services.values()]
    missing = [name for name in PROCESSES if ["python", "manage.py", "run", name] not in commands]
    assert missing == ["redis"]
    assert "redis" in services
    assert services["prepare"]["command"] == ["python", "manage.py", "prepare"]


def test_compose_says_nothing_that_docker_does_not_know() -> None:
    file = compose()
    assert {key for key in file if not key.startswith("x-")} == {"services", "volumes"}
    for name, service in file["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        for needed in service.get("depends_on", {}):
            assert needed in file["services"], name
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in file["volumes"], name


def test_compose_names_settings_that_there_are() -> None:
    environment = compose()["x-dojo"]["environment"]
    assert set(environment) <= set(settings_read())
    named = set(re.findall(r"\$\{([A-Z_]+)", (HOUSE / "compose.yaml").read_text()))
    assert named <= set(settings_read()) | GIVEN_BY_SHELL
    # No start without them: a key that is made in one container is unknown to the others.
    for secret in ("SECRET_KEY", "IDENTITY_KEY"):
        assert environment[secret].startswith(f"${{{secret}:?")


def test_compose_takes_any_setting_from_the_file_that_has_the_secrets() -> None:
    """But for those that say where the containers listen and write."""
    assert compose()["x-dojo"]["env_file"] == ".env"
    fixed = {name: value for name, value in compose()["x-dojo"]["environment"].items() if "$" not in value}
    assert fixed.pop("LOG_FORMAT") == "json"
    own = dict(word.partition("=")[::2] for word in dict(instructions())["ENV"].split())
    assert {name: own[name] for name in ("PORT", "DOJO_HOST", "DOJO_DATA_DIR")} == {
        name: value for name, value in fixed.items() if not name.endswith("_URL")
    }


def unit(path: Path) -> dict[str, list[str]]:
    """By name, the values that a unit gives a key."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_units_run_every_process_of_the_procfile() -> None:
    wanted = unit(HOUSE / "deploy" / "systemd" / "dojo.target")["Wants"][0].split()
    assert sorted(wanted) == sorted(f"dojo@{name}.service" for name in PROCESSES)


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is_as_a_user_of_its_own(path: Path) -> None:
    said = unit(path)
    program, script, command, *process = said["ExecStart"][0].split()
    assert (program, script) == ("/srv/dojo/.venv/bin/python", "manage.py")
    assert command in ("run", "prepare")
    assert process in ([], ["%i"], ["redis"])
    assert said["User"] == ["dojo"]
    assert said["NoNewPrivileges"] == ["yes"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="There is no systemd here.")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        text = path.read_text().replace("/srv/dojo/.venv/bin/python", sys.executable)
        (tmp_path / path.name).write_text(text.replace("/srv/dojo", str(HOUSE)).replace("User=dojo", "User=root"))
    names = [tmp_path / "dojo.service", tmp_path / "dojo.target"]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if "dojo" in line]
    assert complaints == []


def largest(text: str, pattern: str) -> int:
    found = re.findall(pattern, text)
    assert found
    return max(map(int, found)) << 20


def test_the_proxies_let_through_what_dojo_takes(settings: Any) -> None:
    bodies = {door or "/": given["largest_body"] for door, given in settings.GATEWAY_DOORS.items()}
    nginx = (HOUSE / "deploy" / "nginx.conf").read_text()
    for prefix in ("/v1", "/uploads"):
        section = re.search(rf"location {prefix}/ \{{(.*?)\}}", nginx, re.DOTALL)
        assert section
        assert bodies[prefix] < largest(section[1], r"client_max_body_size (\d+)m;") < 2 * bodies[prefix]
    assert largest(nginx, r"client_max_body_size (\d+)m;") > max(bodies.values())
    assert "proxy_request_buffering off" in re.search(r"location /uploads/ \{(.*?)\}", nginx, re.DOTALL)[1]  # type: ignore[index]
    caddy = (HOUSE / "deploy" / "Caddyfile").read_text()
    assert largest(caddy, r"max_size (\d+)MB") > max(bodies.values())


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_no_proxy_opens_the_metrics_to_everybody(name: str) -> None:
    text = (HOUSE / "deploy" / name).read_text()
    assert re.search(r"/metrics[^/]*404", text)
