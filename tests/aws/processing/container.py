"""A job's process: in namespaces of its own, with `/opt/ml` at its true path."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.aws.processing.roots import Root

_HERE = Path(__file__).parent


class Container:
    """One running container.

    `unshare` stays outside as its keeper and reports its exit code; the entrypoint is process 1
    inside. If the emulator is killed, the keeper is, and all processes inside with it.
    """

    def __init__(
        self,
        folder: Path,
        root: Root,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        isolated: bool = False,
        user: str = "",
    ) -> None:
        """Start it. `folder` is the job's, with `ml` in it."""
        for name in ("scratch", "root", "tmp"):
            (folder / name).mkdir(exist_ok=True)
        variables = {"HOME": "/root", **dict(root.environment), **environment}
        if root.kind == "checkout":
            variables["TMPDIR"] = str(folder / "tmp")
        # The variables are the job's alone: what leads to it is found on this machine's PATH.
        given = [f"{key}={value}" for key, value in variables.items()]
        self._process = subprocess.Popen(
            [*_keeper(isolated), *_enter(folder, root, user), *given, *command],
            env={**os.environ, **({"ISOLATED": "1"} if isolated else {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
        )
        if self._process.stdout is None:
            raise RuntimeError("the container has no standard output")
        self.output = self._process.stdout

    def wait(self, seconds: float) -> int | None:
        """The exit code, 128 and the signal's number where one ended it; None: it still runs."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """SIGTERM to the entrypoint, as `docker stop` sends it."""
        keeper = self._process.pid
        try:
            children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
        except FileNotFoundError:
            return
        for child in children:
            _signal(int(child), signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to everything in it."""
        _signal(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


def _keeper(isolated: bool) -> list[str]:
    alone = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        alone.append("--map-root-user")
    if isolated:
        alone.append("--net")
    return ["setpriv", "--pdeathsig", "KILL", *alone]


def _enter(folder: Path, root: Root, user: str) -> list[str]:
    if root.kind == "checkout":
        return [str(_HERE / "enter_checkout.sh"), str(folder), str(root.folder / ".venv")]
    return [str(_HERE / "enter_image.sh"), str(folder), str(root.folder), user, root.workdir]


def _signal(pid: int, signum: signal.Signals) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return
