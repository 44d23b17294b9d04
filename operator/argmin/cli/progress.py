"""What a person sees on standard error while a run is under way here."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from argmin.backends.local_process import Ending
from argmin.backends.run import Attempt, Run

_STOPPING = {
    Ending.STOPPED: "stopping: the solver hands over what it has; press Ctrl-C again to kill it",
    Ending.DEADLINE: "activeDeadlineSeconds is over: the solver hands over what it has",
}


class RunProgress:
    """Streams the run's own lines; on a terminal, a line below them says what is going on."""

    def __init__(self, console: Console, run: Run) -> None:
        self._console = console
        self._run = run
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(f"starting {run.document.name}", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def attempt_started(self, number: int) -> None:
        """Show which attempt runs, and its limits."""
        parts = [f"running {self._run.document.name}"]
        if number > 1:
            parts.append(f"attempt {number} of at most {self._run.backoff_limit + 1}")
        if self._run.document.limits.seconds:
            parts.append(f"limit {self._run.document.limits.seconds:g} s")
        self._progress.update(self._task, description=", ".join(parts))

    def lines_printed(self, lines: Sequence[str]) -> None:
        """Show lines of the run as they are."""
        text = "\n".join(lines)
        if self._console.is_terminal:
            self._console.print(Text(text), soft_wrap=True)
        else:
            self._console.file.write(f"{text}\n")
            self._console.file.flush()

    def stopping(self, ending: Ending) -> None:
        """Say why the run is wound up."""
        self._tell(_STOPPING[ending])
        self._progress.update(self._task, description=f"stopping {self._run.document.name}")

    def retrying(self, attempt: Attempt, pause: float) -> None:
        """Say why an attempt failed, and that another follows."""
        why = attempt.message or f"exit code {attempt.exit_code}"
        self._tell(f"{attempt.reason}: {why}; trying again in {pause:.0f} s")
        self._progress.update(self._task, description="waiting to try again")

    def _tell(self, message: str) -> None:
        self._console.print(Text(f"argmin: {message}", style="yellow"), soft_wrap=True)
