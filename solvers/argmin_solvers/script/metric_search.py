"""The search for metrics in a program's output, in a process of its own.

Python's `re` holds the interpreter while it matches, and an unlucky pattern such as `((a+)+)$`
goes on for years: in the runner that would leave limits and SIGTERM unheard. The runner starts
this file by its path, and it needs the standard library alone.

It reads `[["objective", "cost = ([0-9.]+)"], …]`, one line of JSON, and then lines of output. Once
a second, where something new was found, it writes `{"so_far": {"objective": "15020.0"}}`; at the
end of the lines `{"found": {"objective": "15005.0"}}`, or, as soon as a pattern takes too long on
a line, `{"endless": 0}` with the place of that pattern.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

MATCHED_LINE = 4096
"""Patterns see at most this many characters of a line."""
_TICK_SECONDS = 1.0
"""Of the process's own computing, so that a busy machine condemns no pattern. Two ticks on the
same line are too many."""
_TELL_SECONDS = 1.0


class _EndlessError(Exception):
    """A pattern takes too long."""


class _Search:
    """The patterns, the last match of each, and where the search is."""

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        self.found: dict[str, str] = {}
        self.index = 0
        self._patterns = [(name, re.compile(regex)) for name, regex in patterns]
        self._line = 0
        self._told: dict[str, str] = {}
        self._ticked_at = (-1, -1)

    def tick(self, _number: int, _frame: FrameType | None) -> None:
        """Break off a match that was already under way at the last tick."""
        at = (self._line, self.index)
        if at == self._ticked_at:
            raise _EndlessError
        self._ticked_at = at

    def tell_so_far(self, _number: int, _frame: FrameType | None) -> None:
        """Write what was found, if it differs from the last output."""
        if self.found != self._told:
            self._told = dict(self.found)
            _tell({"so_far": self._told})

    def look_at(self, line: str) -> None:
        """Search a line."""
        self._line += 1
        for index, (name, pattern) in enumerate(self._patterns):
            self.index = index
            for match in pattern.finditer(line):
                text = match.group(1)
                if text is not None:
                    self.found[name] = text.strip()


def main() -> None:
    """Search standard input to its end."""
    search = _Search(json.loads(sys.stdin.buffer.readline()))
    signal.signal(signal.SIGVTALRM, search.tick)
    signal.setitimer(signal.ITIMER_VIRTUAL, _TICK_SECONDS, _TICK_SECONDS)
    signal.signal(signal.SIGALRM, search.tell_so_far)
    signal.setitimer(signal.ITIMER_REAL, _TELL_SECONDS, _TELL_SECONDS)
    try:
        for line in sys.stdin.buffer:
            search.look_at(line.decode("utf-8", "replace")[:MATCHED_LINE])
    except _EndlessError:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _tell({"endless": search.index})
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    _tell({"found": search.found})


def _tell(verdict: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(verdict) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
