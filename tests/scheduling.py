"""Which tests one worker of pytest-xdist runs in a row; all others go to whoever is free.

`--dist=loadgroup` would say so by marks, but has no effect with pytest 9.2 and pytest-xdist 3.8.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling

Scope = Callable[[str], str]
"""From the id of a test to a name that it has in common with those of the same worker."""


class ScopeScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Large groups first, then single tests."""

    def __init__(self, config: Any, log: Any, scope: Scope) -> None:
        super().__init__(config, log)
        self._scope = scope

    def _split_scope(self, nodeid: str) -> str:
        return self._scope(nodeid)


def keep_together(nodeid: str, files: frozenset[str]) -> str:
    """The file of a test where it is one of `files` (names without `.py`), else the test alone."""
    file = nodeid.partition("::")[0]
    return file if PurePosixPath(file).stem in files else nodeid
