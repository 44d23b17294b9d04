"""The machine and the software of a measurement: what somebody needs to judge a number."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version

import psutil

LIBRARIES = ("highspy", "kopf", "kubernetes", "pydantic")


def describe_machine(kubernetes: str | None, libraries: Sequence[str] = LIBRARIES) -> str:
    """Cores, memory, kernel and versions in one line; no name of a host, no path.

    `kubernetes` is the version of the API server that took part, where one did.
    """
    cores = len(os.sched_getaffinity(0))
    memory = round(psutil.virtual_memory().total / 2**30)
    parts = [
        f"{cores} {'core' if cores == 1 else 'cores'}",
        f"{memory} GiB of memory",
        f"{platform.system()} {shorten_release(platform.release())}",
        *([f"Kubernetes {kubernetes}"] if kubernetes else []),
        f"Python {platform.python_version()}",
        f"argmin {version('argmin-operator')}",
        *(f"{library} {version(library)}" for library in libraries),
    ]
    return ", ".join(parts)


def shorten_release(release: str) -> str:
    """The numbers of a kernel's release, without what a distributor has put behind them."""
    numbers = re.match(r"\d+(\.\d+)*", release)
    return numbers[0] if numbers else release
