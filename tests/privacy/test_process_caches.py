"""What processes remember of records: every such cache is in the register, and an erasure empties it everywhere."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from interactions import process_caches
from interactions.analytics import bars, data_sets, devices, id_pairs
from interactions.analytics.cluster import engine as cluster
from interactions.analytics.filters import Filter
from interactions.analytics.index import cohorts, filtered, store
from interactions.models import DeletionRequest
from interactions.privacy import uploaded
from interactions.warehouse import links
from tests import figures
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House
from tests.privacy.people import ANN, crowd, erased
from tests.processes import HOUSE, environ, wait_for

__all__ = ["folders", "house"]

# Each cache of the register, and what holds it.
HELD = {
    "pairs of ids": id_pairs._distinct,
    "user agents": devices.device_of,
    "edges of bars": bars._edges,
    "names in uploads": uploaded._named_in,
    "event indexes": store._opened,
    "event indexes without hidden people": data_sets._left,
    "filtered indexes": filtered._cached,
    "people of cohorts": cohorts._cached,
    "links": links._linked,
    "answers of the cluster": cluster._answers,
}


# What is remembered and holds nothing of a record: what zones say, keys of words that aren't ids, threads, functions.
NOT_OF_RECORDS = {
    *("_placeholder_keys", "_lie", "_changes", "_connected", "_fetched_at", "_threads", "_load_options", "REPORTS"),
}


def remembered(path: Path) -> set[str]:
    """The names of a module's functions that remember their answers, and of its dictionaries that begin empty."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and any("cache" in ast.unparse(each) for each in node.decorator_list):
            found.add(node.name)
        is_empty = isinstance(node, ast.AnnAssign) and ast.unparse(node.value or node) in ("{}", "OrderedDict()")
        if is_empty and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


@pytest.mark.parametrize("path", sorted((HOUSE / "interactions" / "analytics").rglob("*.py")), ids=str)
def test_every_cache_of_analytics_is_in_the_register(path: Path) -> None:
    for name in remembered(path) - NOT_OF_RECORDS:
        module = importlib.import_module(".".join(path.relative_to(HOUSE).with_suffix("").parts))
        assert any(getattr(module, name) is held for held in HELD.values()), name


def test_the_register_holds_what_is_listed_here() -> None:
    assert set(process_caches.CACHES) == set(HELD)


@pytest.mark.parametrize("name", HELD)
def test_a_cache_is_empty_once_it_is_emptied(name: str) -> None:
    held = HELD[name]
    if isinstance(held, dict):
        held["something"] = "remembered"  # type: ignore[index]
        assert process_caches.CACHES[name].size() > 0
    process_caches.empty()
    assert process_caches.CACHES[name].size() == 0
    assert (len(held) if isinstance(held, dict) else held.cache_info().currsize) == 0


def test_an_erasure_leaves_nothing_in_memory_before_it_is_verified(house: House) -> None:
    house.done(as_lines(crowd()))
    figures.totals("production", Filter(product_id="product-4"))
    id_pairs.pairs("production")
    assert any(cache.size() for cache in process_caches.CACHES.values())
    request = erased(house, ANN)
    assert request.state == DeletionRequest.State.VERIFIED
    # That the index holds nobody any more was counted after it was erased, so it's open again.
    sizes = {name: cache.size() for name, cache in process_caches.CACHES.items() if name != "event indexes"}
    assert not any(sizes.values()), sizes


ANOTHER = """
import sys, time
import django
django.setup()
from interactions import process_caches
from interactions.analytics.index import filtered
filtered._cached["production", "a filter"] = "rows"
process_caches.watch()
filtered._cached["production", "a filter"] = "rows"
print("there", flush=True)
while filtered._cached:
    time.sleep(0.05)
print("empty", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def another(redis_server: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that remembers something; those that were killed before are forgotten."""
    for sign in process_caches._connect().scan_iter(match=f"{process_caches._SIGN}*"):
        process_caches._connect().delete(sign)
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER],
        cwd=HOUSE,
        env={**environ(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "dojo.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "there\n"
        yield process
    finally:
        process.kill()
        process.wait()


def test_another_process_empties_its_memory_before_the_erasure_goes_on(another: subprocess.Popen[str]) -> None:
    assert process_caches.empty_everywhere() == 0
    assert another.stdout is not None and another.stdout.readline() == "empty\n"


def test_the_order_of_another_erasure_is_waited_for(another: subprocess.Popen[str]) -> None:
    """Given between one's own order and the count: whoever has not followed it yet still remembers nothing of ours."""
    assert process_caches.empty_everywhere() == 0
    process_caches._connect().incr(process_caches._ORDER)
    assert process_caches.behind() == 0


def test_a_process_that_lives_and_does_not_follow_is_counted(
    another: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    monkeypatch.setattr(process_caches, "_WAIT_SECONDS", 0.5)
    another.send_signal(signal.SIGSTOP)
    assert process_caches.empty_everywhere() == 1 == process_caches.behind()
    another.send_signal(signal.SIGCONT)
    wait_for(lambda: process_caches.behind() == 0, because=lambda: "The process did not go on.")
