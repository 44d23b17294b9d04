"""argmin on a machine that has Python and pip, and no solver of Debian's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.installation import ROOT

FOLDER = Path(__file__).parent
_UV = [sys.executable, "-m", "uv", "--quiet"]


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what is in this folder: it installs packages by the hundred megabytes."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.laptop)


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment, into which only the solvers were installed."""
    folder = tmp_path_factory.mktemp("laptop")
    call([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], ROOT)
    (wheel,) = folder.glob("*.whl")
    call([*_UV, "venv", "--python", sys.executable, str(folder / "venv")], folder)
    install = [*_UV, "pip", "install", "--python", str(folder / "venv" / "bin" / "python")]
    locked = ROOT / "requirements" / "solvers.txt"
    call([*install, "--require-hashes", "--requirement", str(locked)], folder)
    # Nothing is fetched any more: what `[solvers]` asks for is what the lock file has.
    call([*install, "--offline", f"argmin-operator[solvers] @ {wheel.as_uri()}"], folder)
    return folder / "venv" / "bin"


def call(command: list[str], folder: Path) -> None:
    """Run a command; where it fails, what it printed is the failure."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture
def surroundings(laptop: Path, tmp_path: Path) -> dict[str, str]:
    """The environment variables of somebody who has nothing else on PATH."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "PATH": str(laptop)}
