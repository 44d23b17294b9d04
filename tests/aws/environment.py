"""The emulator's own virtual environment: made once, for each content of its lock file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster.cache import cache_root

LOCK_FILE = Path(__file__).parent / "requirements.txt"
INSTALL_SECONDS = 600
KEPT = 2


class EmulatorError(Exception):
    """The emulator cannot do what it was asked to; the text says why."""


def emulator_python() -> Path:
    """The interpreter of the environment, which is made if it is not there.

    Raises:
        EmulatorError: the packages cannot be installed.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(LOCK_FILE.read_bytes() + version.encode()).hexdigest()[:12]
    folder = cache_root() / "aws" / "environments" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _make(folder)
            _forget_older(folder)
    return folder / "bin" / "python"


def _make(folder: Path) -> None:
    print("==> Installing the AWS emulator's packages (once)", file=sys.stderr)
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", *options, "-r", str(LOCK_FILE)])
    (folder / "ready").touch()


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.CalledProcessError as error:
        text = f"{' '.join(command[:4])} … failed:\n{error.stderr}"
        raise EmulatorError(text) from error
    except subprocess.TimeoutExpired as error:
        text = f"{' '.join(command[:4])} … took more than {INSTALL_SECONDS} s"
        raise EmulatorError(text) from error


def _forget_older(kept: Path) -> None:
    made = [path for path in kept.parent.iterdir() if (path / "ready").exists()]
    for path in sorted(made, key=os.path.getmtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
