"""How the command line ends: exit codes, and failures that a person can act on."""

from __future__ import annotations

import sys
from enum import IntEnum

from argmin.api.text import clean


class ExitStatus(IntEnum):
    """Exit codes of the command line: stable, documented in docs/cli.md."""

    OK = 0
    FAILED = 1
    INVALID = 2
    NOT_FOUND = 3
    UNREACHABLE = 4
    TIMEOUT = 5
    NOT_INSTALLED = 6
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


class CliError(Exception):
    """An expected failure: what happened and what to do, in a line or a few."""

    def __init__(
        self, message: str, status: ExitStatus = ExitStatus.INVALID, reason: str = "InvalidInput"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        """Reason of the condition `Failed`, where the failure is shown as a status."""


def report(error: CliError) -> None:
    """Print a failure on standard error."""
    sys.stderr.write(f"argmin: {clean(error.message)}\n")
