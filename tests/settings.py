"""The settings of the tests: Dojo's own, on a folder that goes away, whatever the shell says.

The environment is set before Dojo's settings are read, so no test can touch the data of anyone.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests import postgres

_FOLDER = Path(tempfile.mkdtemp(prefix="dojo-tests-"))
_MADE_BY = os.getpid()


@atexit.register
def _remove() -> None:
    if os.getpid() == _MADE_BY:
        shutil.rmtree(_FOLDER, ignore_errors=True)


for _name in (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "IDENTITY_KEY",
    "DEBUG",
    "PORT",
    "DOJO_HOST",
    "DOJO_ADMIN_PASSWORD",
    "LAKE_URL",
    "UPLOADS_URL",
):
    os.environ.pop(_name, None)
os.environ["DOJO_DATA_DIR"] = str(_FOLDER)
if postgres.is_chosen():
    os.environ["DATABASE_URL"] = postgres.url("dojo")

from dojo.settings import *  # noqa: E402, F403
from dojo.settings import DATABASES, STORAGES  # noqa: E402

if not postgres.is_chosen():
    # A file, so that a worker of its own can work on the rows of a test.
    DATABASES["default"]["TEST"] = {"NAME": str(_FOLDER / "test.sqlite3")}
# Files under their own names: what the pages say needs nothing gathered.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
INDEX_EAGERLY = True
WEB_START = ""  # without a look at a database
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
