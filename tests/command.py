"""The command `argmin`, as somebody runs it who has a kubeconfig and AWS credentials."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kubectl import Kubectl

_PROGRAM = Path(sys.executable).with_name("argmin")
_SECONDS = 120


@dataclass(frozen=True)
class Argmin:
    """The command, with the variables by which it finds AWS."""

    aws: Mapping[str, str]

    def run(self, *arguments: str, folder: Path | None = None) -> str:
        """What it prints on this machine alone; a failure has what it says."""
        return self._call(arguments, os.environ, folder)

    def ask(self, kubectl: Kubectl, *arguments: str) -> str:
        """What it prints in a namespace of a cluster."""
        return self._call((*arguments, f"--namespace={kubectl.namespace}"), kubectl.environment)

    def _call(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> str:
        done = subprocess.run(
            [str(_PROGRAM), *arguments],
            cwd=folder,
            env={**environment, **self.aws},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
