"""One line for each long step, on standard error so that standard output stays machine-readable."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show that ``text`` is under way (a spinner on a terminal), then how long it took."""
    started = time.monotonic()
    try:
        if console.is_terminal:
            with console.status(text):
                yield
        else:
            console.print(f"[dim]..[/] {text}", soft_wrap=True)
            yield
    except BaseException:
        console.print(f"[red]failed[/] {text} ({time.monotonic() - started:.1f} s)")
        raise
    console.print(f"[green]ok[/] {text} ({time.monotonic() - started:.1f} s)")


def say(text: str) -> None:
    console.print(text, soft_wrap=True)
