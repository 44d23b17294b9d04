"""An emulator that goes on when the command that started it has ended."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tests.aws.emulator import STOP_SECONDS, Aws, launch, read_url
from tests.aws.environment import EmulatorError
from tests.aws.seed import seed
from tests.cluster.cache import cache_root

DEFAULT_NAME = "argmin"


class Running(BaseModel):
    """What is known of a running emulator."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    url: str
    hosts: tuple[str, ...]

    @property
    def alive(self) -> bool:
        """Whether the process is there, and no other has got its number since."""
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"tests.aws.server" in command and str(_work(self.name)).encode() in command


def start(name: str, hosts: Sequence[str], port: int = 0) -> Running:
    """Start an emulator, or find the one that runs under this name.

    Raises:
        EmulatorError: it does not start, or runs and does not listen where it is to.
    """
    found = find(name)
    if found:
        _check_hosts(found, hosts)
        return found
    folder = _folder(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder / "log"
    process = launch(folder, hosts, port, attached=False, log=log)
    try:
        url = read_url(process)
    except EmulatorError as error:
        said = log.read_text().strip()
        shutil.rmtree(folder, ignore_errors=True)
        raise EmulatorError(f"{error}: {said}") from error
    running = Running(name=name, pid=process.pid, url=url, hosts=tuple(hosts))
    (folder / "state.json").write_text(running.model_dump_json())
    aws = Aws(url)
    seed(aws)
    aws.close()
    return running


def _check_hosts(running: Running, hosts: Sequence[str]) -> None:
    deaf = [host for host in hosts if host not in running.hosts]
    if deaf:
        raise EmulatorError(
            f"emulator {running.name!r} runs and does not listen on {', '.join(deaf)}: stop it with"
            f" `python -m tests.aws down --name {running.name}`, or choose another name"
        )


def find(name: str) -> Running | None:
    """The emulator that runs under this name."""
    state = _folder(name) / "state.json"
    if not state.exists():
        return None
    running = Running.model_validate_json(state.read_text())
    return running if running.alive else None


def stop(name: str) -> bool:
    """Stop it and remove what it left; false where none ran.

    Raises:
        EmulatorError: it does not end.
    """
    running = find(name)
    if running:
        os.kill(running.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while running.alive and time.monotonic() < end:
            time.sleep(0.05)
        if running.alive:
            raise EmulatorError(f"process {running.pid} does not end: kill -KILL {running.pid}")
    shutil.rmtree(_folder(name), ignore_errors=True)
    return running is not None


def _folder(name: str) -> Path:
    return cache_root() / "aws" / "running" / name


def _work(name: str) -> Path:
    return _folder(name) / "work"
