"""What every test may ask for: a Redis, a worker, a whole Dojo, a browser; all real, each started once."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate

from dojo import heartbeat
from dojo import redis_server as server
from tests import postgres, stores
from tests.processes import HOUSE, PASSWORD, Dojo, environ, wait_for
from tests.web_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The same examples every time, however slow the machine: a test that fails, fails for everybody.
hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
        hypothesis.HealthCheck.large_base_example,
    ],
)
hypothesis.settings.load_profile("same")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test's name doesn't hold what is packed: gzip and zip write the time, and two processes that collect
    the same tests a second apart would find different ones."""
    packed = isinstance(val, bytes) and val.startswith((b"\x1f\x8b", b"PK", b"7z", b"(\xb5/\xfd"))
    return argname if packed else None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests whose rows are committed are followed by the emptying of all tables, the activity log's too."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        is_sqlite = connection.vendor == "sqlite"
        on = "activity_no_delete" if is_sqlite else "activity_append_only ON interactions_activityentry"
        cursor.execute(f"DROP TRIGGER {on}")
        _keep_environments()


def _keep_environments() -> None:
    """A test whose rows are committed is followed by a flush, and that by the environments that migrations have made:
    in which order files are tested is nobody's to know."""
    interactions = apps.get_app_config("interactions")
    rows = interactions.get_model("Environment")._default_manager
    made = list(rows.all())

    def put_back(**_: Any) -> None:
        if not rows.exists():
            rows.bulk_create(made)

    post_migrate.connect(put_back, sender=interactions, weak=False)


@pytest.fixture
def own_folders(settings: Any, tmp_path: Path) -> Path:
    """A data folder that is this test's alone."""
    for name in ("lake", "overlaps", "fingerprints", "index", "uploads", "imports", "exports", "scratch", "cache"):
        setattr(settings, f"{name.upper()}_DIR", tmp_path / name)
    return tmp_path


@pytest.fixture
def own_cache(settings: Any, tmp_path: Path) -> None:
    """Remembered answers that are this test's alone, in its process's memory."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


@pytest.fixture
def emptied_cache(redis_server: str) -> None:
    """Nothing is remembered in Redis from the tests before."""
    cache.clear()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A real Redis, the one that the settings of the tests name; its address."""
    process = subprocess.Popen([sys.executable, "-m", "dojo.redis_server"], cwd=HOUSE, env=environ(settings.DATA_DIR))
    try:
        assert server.answers(settings.REDIS_URL, within=20), "Redis did not start."
        yield settings.REDIS_URL
    finally:
        _end(process)


@pytest.fixture(scope="session")
def celery_worker_process(redis_server: str, django_db_setup: None) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on the database, the data folder and the Redis of the tests.

    It sees only what is committed: mark a test that asks for it ``django_db(transaction=True)``.
    """
    name = connection.settings_dict["NAME"]  # of the tests' database
    address = f"sqlite:///{name}" if connection.vendor == "sqlite" else postgres.url(name)
    worker = "tests@localhost"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--quiet", "--app", "dojo", "worker", "--hostname", worker),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "-O", "fair", "--concurrency", "2"),
        ],
        cwd=HOUSE,
        env=environ(settings.DATA_DIR, DATABASE_URL=address, REMAP_SIGTERM="SIGQUIT"),
    )
    try:
        with heartbeat.connect() as client:
            wait_for(lambda: worker in heartbeat.living_workers(client), because=lambda: "The worker did not start.")
        yield process
    finally:
        _end(process)


@pytest.fixture(scope="session")
def dojo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dojo]:
    """The whole product as ``make run`` starts it, on a data folder of its own, with its first administrator."""
    product = Dojo(tmp_path_factory.mktemp("dojo") / "data", DOJO_ADMIN_PASSWORD=PASSWORD)
    product.gather_static_files()
    product.start()
    try:
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="session")
def dojo_server(dojo: Dojo) -> str:
    """The address of that product, without a slash at its end; log in as running.ADMIN, running.PASSWORD."""
    return dojo.url


@pytest.fixture(scope="session")
def web_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The web server alone, as the Procfile starts it, that is patient for two seconds."""
    server = Server(tmp_path_factory.mktemp("server"), BODY_PATIENCE_SECONDS="2")
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A real Chromium, through Playwright; a test that asks for it is skipped where there is none."""
    program = os.environ.get("DOJO_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing = "There is no Chromium here: apt install chromium."
        if os.environ.get("DOJO_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def object_server() -> Iterator[stores.ObjectServer]:
    """A real S3 server."""
    with stores.running() as server:
        yield server


@pytest.fixture
def object_store(object_server: stores.ObjectServer, monkeypatch: pytest.MonkeyPatch) -> stores.ObjectServer:
    """The same, and this process's environment names it."""
    for name, value in object_server.environ.items():
        monkeypatch.setenv(name, value)
    return object_server
