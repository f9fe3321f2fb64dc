"""Each process is killed while an upload, an import in each of its phases, live calls, an erasure in each of its
steps, an undo and a compaction are in progress: nothing is lost, doubled or miscounted, and all goes on by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from tests.ingest.imports.files import as_lines, record
from tests.kills.pins import IN_WORKERS
from tests.kills.scene import HEALED, PLACES, Scene, Upload
from tests.processes import COMMANDS, query, wait_for

pytestmark = pytest.mark.slow
RECORDS = 40
SMALL_PARTS = 26  # from 24 on they are merged
CALLS = 5
# What the rows say of work that is held up.
IMPORTS = {
    "planning": ("loading", "planning"),
    "blocks": ("loading", "blocks"),
    "duplicates": ("loading", "committing"),
    "commit": ("loading", "committing"),
    "tidying": ("done", ""),
}
# Kept when an import has ended; or before the next, if that was killed.
FINGERPRINTS = [("done", ""), ("loading", "committing")]
ERASURES = {"hidden": "hidden", "erasing": "erasing", "verifying": "erasing"}

Victims = Callable[[Scene], list[psutil.Process]]


def process(name: str) -> Victims:
    return lambda scene: [scene.dojo.running()[name]]


def held_up(*places: str) -> Victims:
    return lambda scene: [holder for place in places if (holder := scene.holder(place)) is not None]


VICTIMS: dict[str, Victims] = {
    "web": process("web"),
    "web-child": held_up("checking"),
    "worker": process("worker"),
    "worker-children": held_up(*IN_WORKERS),
    "scheduler": process("scheduler"),
    "inbox": process("inbox"),
    "index": process("index"),
    "streams": process("streams"),
    "redis": process("redis"),
    "supervisor": lambda scene: [scene.dojo.supervisor()],
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One Dojo for all kills; what is silent for 2 seconds is taken for lost."""
    scene = Scene(tmp_path_factory.mktemp("kills"))
    scene.begin()
    yield scene
    scene.end()


@dataclass
class Begun:
    """What a test has begun, by place."""

    imports: dict[str, int]
    requests: dict[str, int]
    undone: int
    uploads: list[Upload]


def users(name: str, count: int = RECORDS) -> list[str]:
    return [f"{name}-{number}" for number in range(count)]


def loaded(scene: Scene, slug: str, who: list[str]) -> int:
    """An import that is asked for; its users are expected from now on."""
    scene.expected[slug] |= Counter(who)
    return int(scene.do("load", slug, who))


def are_done(scene: Scene, imports: list[int]) -> bool:
    return all(scene.import_(pk) == ("done", "") for pk in imports)


def prepare(scene: Scene, name: str) -> int:
    """What has to be there before; answers the import that is to be undone."""
    gone = int(scene.do("load", "undo", users(f"{name}-undone")))
    there = [loaded(scene, "duplicates", users(name, RECORDS // 2)), loaded(scene, "undo", users(name)), gone]
    there += [int(scene.do("load", slug, [f"ann-{name}", *users(name)])) for slug in ERASURES]
    for slug in ERASURES:
        scene.expected[slug] |= Counter(users(name))
    wait_for(lambda: are_done(scene, there), seconds=HEALED, because=scene.dojo.output)
    return gone


def begin(scene: Scene, name: str) -> Begun:
    """Have work in progress at every place, held up there."""
    gone = prepare(scene, name)
    scene.arm(*PLACES)
    imports = {slug: loaded(scene, slug, users(name)) for slug in (*IMPORTS, "fingerprints")}
    requests = {slug: int(scene.do("erase", slug, f"ann-{name}")) for slug in ERASURES}
    scene.do("undo", gone)
    scene.expected["compaction"] |= Counter(users(f"{name}-small", SMALL_PARTS))
    scene.do("live_parts", "compaction", users(f"{name}-small", SMALL_PARTS))
    uploads = [Upload(scene, slug, as_lines(_records(name))) for slug in ("checking", "upload")]
    for slug in ("checking", "upload"):
        scene.expected[slug] |= Counter(users(name))
    uploads[0].go_on()
    uploads[1].send_half()
    live = users(f"{name}-live", CALLS)
    scene.expected["live"] |= Counter(live)
    for user in live:
        assert scene.call(user), scene.dojo.output()
    return Begun(imports, requests, gone, uploads)


def _records(name: str) -> list[dict[str, object]]:
    return [record(number, user_id=user) for number, user in enumerate(users(name))]


def assert_in_progress(scene: Scene, begun: Begun) -> None:
    for place in PLACES:
        wait_for(lambda: scene.holder(place), seconds=HEALED, because=lambda: f"{place} {scene.dojo.output()}")  # noqa: B023
    states = {slug: scene.import_(pk) for slug, pk in begun.imports.items()}
    assert states.pop("fingerprints") in FINGERPRINTS
    assert states == IMPORTS
    assert {slug: scene.request(pk) for slug, pk in begun.requests.items()} == ERASURES
    assert scene.import_(begun.undone) == ("done", "undoing")
    assert [scene.import_(upload.imp)[0] for upload in begun.uploads] == ["uploading"] * 2
    assert scene.ask("SELECT count(*) FROM interactions_inboxbatch") == 1
    assert scene.parts("compaction") >= SMALL_PARTS


def start_uploaded(scene: Scene, begun: Begun) -> list[int]:
    """Press Load where a file has come."""
    for upload in begun.uploads:
        upload.wait()
        assert scene.import_(upload.imp)[0] == "checking"
        scene.do("start", upload.imp)
    return [upload.imp for upload in begun.uploads]


def assert_right(scene: Scene, begun: Begun, imports: list[int]) -> None:
    """Wait until all has come to its end by itself, and look at everything."""
    said = scene.dojo.output
    wait_for(lambda: are_done(scene, imports), seconds=HEALED, because=said)
    wait_for(lambda: scene.import_(begun.undone)[0] == "undone", seconds=HEALED, because=said)
    for pk in begun.requests.values():
        wait_for(lambda: scene.request(pk) == "verified", seconds=HEALED, because=said)  # noqa: B023 - called at once
    wait_for(lambda: scene.parts("compaction") < SMALL_PARTS, seconds=HEALED, because=said)
    left = "SELECT (SELECT count(*) FROM interactions_inboxentry) + (SELECT count(*) FROM interactions_inboxbatch)"
    wait_for(lambda: scene.ask(left) == 0, seconds=HEALED, because=said)
    for slug, expected in scene.expected.items():
        wait_for(lambda: scene.users(slug).total() == expected.total(), seconds=HEALED, because=said)  # noqa: B023
        assert scene.users(slug) == expected, slug
        counts = [expected.total(), len(expected)]
        wait_for(lambda: scene.do("counted", slug) == counts, seconds=HEALED, because=said)  # noqa: B023
    wait_for(lambda: scene.files_of_imports() == [], seconds=HEALED, because=lambda: str(scene.files_of_imports()))


def assert_counted_right(scene: Scene, begun: Begun, imports: list[int]) -> None:
    def counts(pk: int) -> tuple[int, ...]:
        row = "SELECT records, accepted, rejected, duplicates FROM interactions_import WHERE id = ?"
        return query(scene.dojo.environ, row, pk)[0]

    for slug, pk in begun.imports.items():
        there = RECORDS // 2 if slug == "duplicates" else 0
        assert counts(pk) == (RECORDS, RECORDS - there, 0, there), slug
    for pk in imports:
        assert counts(pk)[0] == RECORDS
    for pk in begun.requests.values():
        receipt = scene.do("receipt", pk)
        assert (receipt["records_erased"], receipt["left"], receipt["outcome"]) == (1, 0, "erased"), receipt


def all_run(scene: Scene) -> bool:
    return scene.dojo.running().keys() == COMMANDS.keys() and scene.dojo.health()[0] == 200


@pytest.mark.parametrize("victims", VICTIMS.values(), ids=VICTIMS)
def test_nothing_is_lost_doubled_or_miscounted_and_all_goes_on_by_itself(
    scene: Scene, victims: Victims, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    wait_for(lambda: all_run(scene), seconds=HEALED, because=scene.dojo.output)
    begun = begin(scene, name)
    assert_in_progress(scene, begun)
    killed = victims(scene)
    assert killed
    for each in killed:
        each.kill()
    scene.release()
    begun.uploads[1].go_on()
    for user in users(f"{name}-after", CALLS):
        scene.expected["live"][user] += 1
        wait_for(lambda: scene.call(user), seconds=HEALED, because=scene.dojo.output)  # noqa: B023 - called at once
    imports = [*begun.imports.values(), *start_uploaded(scene, begun)]
    assert_right(scene, begun, imports)
    assert_counted_right(scene, begun, imports)
    wait_for(lambda: all_run(scene), seconds=HEALED, because=scene.dojo.output)
