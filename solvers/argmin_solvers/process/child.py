"""No program outlives its runner, not even one that is killed on a laptop.

In a container the end of the first process ends them all; elsewhere only Linux offers the like.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> Callable[[], None] | None:
    """What a child calls before it becomes its program; None where the system has no such thing.

    The library is loaded here, since a child between fork and exec must do as little as it can.
    """
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def ask() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask
