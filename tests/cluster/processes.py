"""The processes of a cluster: started with its token in their environment, ended by that token."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.waiting import wait_until

TOKEN_VARIABLE = "ARGMIN_CLUSTER_TOKEN"
INIT = Path(__file__).parent / "init.py"
# Only these come along: a process that outlives the command must not carry the caller's settings.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")
_started: list[subprocess.Popen[bytes]] = []


def start(
    argv: Sequence[str | Path], token: str, log: Path, *, waits: bool = False
) -> subprocess.Popen[bytes]:
    """Start a process of the cluster in the background.

    With ``waits`` its standard input is a pipe: it goes to work when a line arrives, and ends if
    the caller ends first.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {key: os.environ[key] for key in INHERITED if key in os.environ}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.PIPE if waits else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment, TOKEN_VARIABLE: token},
            cwd="/",
            start_new_session=True,
        )
    _started.append(process)
    return process


def release(process: subprocess.Popen[bytes]) -> None:
    """Let a process that was started with ``waits`` go to work."""
    if process.stdin is None:
        raise ValueError("this process does not wait")
    process.stdin.write(b"go\n")
    process.stdin.close()


def processes_of(token: str) -> list[int]:
    """The ids of all living processes whose environment carries the token."""
    return [pid for pid in _all_processes() if _carries(pid, token)]


def end_processes(token: str, *, only: int | None = None) -> None:
    """Kill the processes of the token (or one of them) and wait until they are gone."""

    def remaining() -> list[int]:
        return [pid for pid in processes_of(token) if only is None or pid == only]

    def gone() -> bool:
        left = remaining()
        for pid in left:
            _kill(pid)
        _reap()
        return not left

    wait_until(gone, "the cluster's processes to end", timeout=30)


def namespace_of(pid: int, kind: str) -> str:
    """The identity of one of a process's namespaces, such as ``net:[4026531840]``."""
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def wait_for_own_namespace(pid: int, kind: str) -> None:
    """Wait until ``unshare`` has given the process a namespace that is not ours."""
    ours = os.readlink(f"/proc/self/ns/{kind}")
    wait_until(lambda: namespace_of(pid, kind) != ours, f"a {kind} namespace", timeout=10)


def only_child(pid: int) -> int:
    """The child of ``unshare --fork``: process 1 of the node."""
    found: list[int] = []

    def has_child() -> bool:
        found[:] = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return bool(found)

    wait_until(has_child, f"the child of process {pid}", timeout=10)
    return found[0]


def _all_processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _carries(pid: int, token: str) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{TOKEN_VARIABLE}={token}".encode() in environment.split(b"\0")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _reap() -> None:
    """Collect the ended children of this very process, so that they do not linger as zombies."""
    _started[:] = [process for process in _started if process.poll() is None]
