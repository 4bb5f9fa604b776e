"""A folder with one quick case: a needle in a block."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from iceball.io.bench import new_bench_case
from iceball.tissue.bench import Bench
from iceball.web.app import create_app
from iceball.web.workspace import Workspace

KINDS = {"tiny": "tests.web.tiny"}


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied: making the case and the database's tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("served")
    new_bench_case(folder / "block", Bench("kidney", 80, 37, 37), title="A block")
    Workspace(folder).close()
    return folder


@pytest.fixture
def folder(new_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(new_folder, tmp_path / "cases"))


@pytest.fixture
def space(folder: Path) -> Iterator[Workspace]:
    """Open, without workers: nothing is begun."""
    found = Workspace(folder, kinds=KINDS, workers=1)
    yield found
    found.close()


@pytest.fixture
def client(space: Workspace) -> TestClient:
    return TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)
