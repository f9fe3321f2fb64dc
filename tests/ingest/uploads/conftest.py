"""Somebody who may upload, and where the uploads go."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from tests import cast

from .tus import Tus


@pytest.fixture
def uploads_dir(settings, tmp_path: Path) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return settings.UPLOADS_DIR


@pytest.fixture
def ann() -> User:
    return cast.analyst("ann")


@pytest.fixture
def tus(ann: User) -> Tus:
    return Tus(ann)
