"""An event loop whose clock jumps to the next timer: hours pass at once, and in order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: it tells how long the loop would have waited."""

    def __init__(self, pass_time: Callable[[float], None]) -> None:
        super().__init__()
        self._pass_time = pass_time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits for something that nobody will ever do")
        ready = super().select(0)
        if not ready:
            self._pass_time(timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._elapsed = 0.0
        super().__init__(_JumpingSelector(self._pass_time))

    def time(self) -> float:
        return self._elapsed

    def _pass_time(self, seconds: float) -> None:
        self._elapsed += max(0.0, seconds)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, which starts at 0 s."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coroutine)


def now() -> float:
    """Virtual seconds since the start."""
    return asyncio.get_running_loop().time()
