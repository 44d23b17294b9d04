"""What several processes of one test run use at the same time: made once, ended by the last."""

from __future__ import annotations

import fcntl
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OWN_RUN = uuid.uuid4().hex[:8]


def name_run() -> str:
    """A short name that all workers of pytest-xdist share, and no other run has."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:8] or _OWN_RUN


@contextmanager
def shared(name: str, begin: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Have something for the length of a block, together with the other processes of the run.

    Args:
        name: what it is called in this run.
        begin: makes it; called by the first process, and by the next where that failed.
        end: removes it; called by the process that leaves last.
    """
    made = _folder() / f"{name}.made"
    with (_folder() / f"{name}.users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            with (_folder() / f"{name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not made.exists():
                    begin()
                    made.touch()
            yield
        finally:
            # Whoever gets this lock is alone.
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                made.unlink(missing_ok=True)
                end()


@contextmanager
def turn(alone: bool) -> Iterator[None]:
    """A turn for one test: together with the others of the run, or while none of them runs."""
    mode = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with (_folder() / "gate").open("w") as gate, (_folder() / "tests").open("w") as tests:
        # Who wants to be alone keeps the gate, so that no new test comes in before.
        fcntl.flock(gate, mode)
        fcntl.flock(tests, mode)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


def _folder() -> Path:
    folder = Path(tempfile.gettempdir(), f"argmin-{os.getuid()}-{name_run()}")
    folder.mkdir(exist_ok=True)
    return folder
