"""The Dockerfile's instructions, and an image made of them in a folder, without Docker.

What is different from Docker: there is one folder in place of the root, pip finds the packages that ``make setup`` has
installed instead of an index, and nothing is installed by ``apt-get``: the programs are those of this machine.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from dojo import redis_server
from tests.processes import HOUSE

Instruction = tuple[str, str]

_ROOTS: Final = re.compile(r"(?<![\w.\-/])/(dojo|data|tmp)(?![\w\-])")
_OF_THE_SYSTEM: Final = "apt-get update"
_SKIPPED: Final = shutil.ignore_patterns("__pycache__", "*.py[cod]")
_UNUSED: Final = shutil.ignore_patterns("site-packages", "config-*", "test", "idlelib")


def instructions() -> list[Instruction]:
    """Each instruction of the Dockerfile and its arguments, lines joined."""
    text = re.sub(r"^#.*\n", "", (HOUSE / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def interpreter(folder: Path) -> Path:
    """The Python of these tests; where not every user may run it, a copy of it in ``folder``."""
    base, name = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if is_open(base / "bin" / name):
        return base / "bin" / name
    shutil.copytree(base / "lib" / name, folder / "lib" / name, ignore=_UNUSED, symlinks=True)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, folder / "lib")
    (folder / "bin").mkdir()
    return Path(shutil.copy2(base / "bin" / name, folder / "bin"))


def is_open(path: Path) -> bool:
    """Whether every user of this machine can read a file."""
    real = path.resolve()
    return real.exists() and bool(real.stat().st_mode & 0o004) and all(up.stat().st_mode & 0o001 for up in real.parents)


class Image:
    """``root`` stands in place of ``/``; build it once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.house = root / "dojo"
        self.data = root / "data"
        self.said: dict[str, str] = {}  # the last of each instruction that says something of the image
        for name in ("bin", "tmp", "home", "stages"):
            (root / name).mkdir()
        (root / "python").mkdir()
        self.python = interpreter(root / "python")
        self.environ = {
            "PATH": f"{root}/bin:{os.environ['PATH']}",
            "HOME": f"{root}/home",
            "LANG": "C.UTF-8",
            "LD_LIBRARY_PATH": f"{root}/python/lib",  # of a copied Python
        }
        if shutil.which("redis-server") is None:
            (root / "bin" / "redis-server").symlink_to(redis_server.binary())

    def build(self) -> None:
        """Go through all instructions. Raises AssertionError with what a failing one said."""
        stage = ""
        for word, rest in instructions():
            if word == "FROM":
                self._begin_stage(stage)
                stage = rest.partition(" AS ")[2]
            elif word == "ARG":
                self.environ.update([_pair(rest)])
            elif word == "COPY":
                self._copy(rest)
            elif word == "RUN" and not rest.startswith(_OF_THE_SYSTEM):
                for command in rest.split(" && "):
                    self._run(command)
            else:
                self.said[word] = rest
        self.data.mkdir(mode=0o700)
        for name in ("bin", "python"):  # made with the mask of the tests
            subprocess.run(["chmod", "-R", "a+rX", self.root / name], check=True)

    def variables(self) -> Mapping[str, str]:
        """The environment of its processes."""
        own = dict(self.environ)
        for name, value in map(_pair, shlex.split(self.said["ENV"])):
            own[name] = self._here(value).replace("$PATH", own["PATH"])
        return own

    def compiled(self) -> set[Path]:
        """The files of loops that were compiled."""
        return set((self.house / "interactions" / "compiled" / "__pycache__").rglob("*.nb?"))

    def _begin_stage(self, before: str) -> None:
        if self.house.exists():
            self.house.rename(self.root / "stages" / before)
        self.house.mkdir()

    def _here(self, text: str) -> str:
        return _ROOTS.sub(lambda found: f"{self.root}/{found[1]}", text)

    def _copy(self, rest: str) -> None:
        options = dict(part.removeprefix("--").split("=") for part in rest.split() if part.startswith("--"))
        *sources, target = [part for part in rest.split() if not part.startswith("--")]
        if "from" in options:
            (source,) = sources
            place = Path(self._here(target)) if target.startswith("/") else self.house / target
            self._copy_of_stage(options["from"], source, place)
            return
        for source in sources:
            into = self.house / target / source if target.endswith("/") else self.house / target
            if (HOUSE / source).is_dir():
                shutil.copytree(HOUSE / source, into, ignore=_SKIPPED)
            else:
                shutil.copy2(HOUSE / source, into)

    def _copy_of_stage(self, stage: str, source: str, place: Path) -> None:
        """Move it: no stage is copied from twice, but for folders that get another owner, which are there then."""
        found = self.root / "stages" / stage / Path(source).relative_to("/dojo")
        if place == self.house:
            place.rmdir()
        if place.exists():
            return
        found.rename(place)
        for path in (each for name in ("dojo", "interactions") for each in (place / name).rglob("*.py")):
            os.utime(path, (int(path.stat().st_mtime),) * 2)  # images keep whole seconds

    def _run(self, command: str) -> None:
        command = self._here(command)
        if command == "python -m venv .venv":
            command = f"{self.python} -m venv --without-pip .venv"
        if "pip install" in command and (named := re.search(r"-r (\S+)", command)):
            self._fetch(Path(named[1]))
        given = {"PIP_NO_INDEX": "1", "npm_config_prefer_offline": "true"}
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.house,
            env={**self.environ, **given},
            umask=0o022,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def _fetch(self, requirements: Path) -> None:
        """Lay links to the packages that are named into the environment, and no others: pip finds them installed."""
        programs = self.house / ".venv" / "bin"
        (site,) = (self.house / ".venv" / "lib").glob("*/site-packages")
        lines = [line.partition("#")[0].strip() for line in requirements.read_text().splitlines()]
        named = [wanted.name for wanted in map(Requirement, filter(None, lines)) if _applies(wanted)]
        owners = packages_distributions()
        for name in dict.fromkeys(("pip", *named)):  # the extras name some again
            for file in distribution(name).files or ():
                source = Path(str(file.locate()))
                if ".." in file.parts:
                    _link_script(source, programs)
                elif len(owners.get(file.parts[0], [])) < 2 and len(file.parts) > 1:
                    _link(site / file.parts[0], source.parents[len(file.parts) - 2])
                else:
                    _link(site / file, source)


def _link(place: Path, source: Path) -> None:
    if source.exists() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)


def _link_script(source: Path, folder: Path) -> None:
    """Have a script of a package run by the folder's own Python."""
    if source.parent.name != "bin" or (folder / source.name).exists():
        return
    first, _, rest = source.read_bytes().partition(b"\n")
    if b"python" not in first:
        (folder / source.name).symlink_to(source)
        return
    (folder / source.name).write_bytes(f"#!{folder}/python\n".encode() + rest)
    (folder / source.name).chmod(0o755)


def _applies(wanted: Requirement) -> bool:
    return wanted.marker is None or wanted.marker.evaluate()


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
