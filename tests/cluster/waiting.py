"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.cluster.errors import ClusterError


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    timeout: float,
    interval: float = 0.05,
    hint: Callable[[], str] | None = None,
) -> None:
    """Return once ``condition`` holds; after ``timeout`` seconds raise, with the ``hint``."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            detail = f"\n{hint()}" if hint else ""
            raise ClusterError(f"waited {timeout:.0f} s for {what} in vain{detail}")
        time.sleep(interval)
