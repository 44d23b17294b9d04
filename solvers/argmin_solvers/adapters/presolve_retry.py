"""One more search, without presolve, where a solver breaks down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

from argmin_solvers.adapters.base import Ending, Finding, Settings
from argmin_solvers.errors import SolverBrokeError
from argmin_solvers.process.log_capture import log

_LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class WithoutPresolve:
    """The option that turns a solver's presolve off, and what is told of an optimum found so."""

    option: str
    value: str | int
    note: str

    def search(
        self, run: Callable[[Settings], Finding], settings: Settings, stop: Event
    ) -> Finding:
        """Search; where that breaks down, once more without presolve, in the time that is left.

        Raises:
            SolverBrokeError: it broke down again, or the job sets that option itself.
        """
        began = time.monotonic()
        try:
            return run(settings)
        except SolverBrokeError as error:
            if self.option in settings.options or stop.is_set():
                raise
            log.info("%s; it is tried once more, without presolve", error.message)
        spent = time.monotonic() - began
        left = settings.seconds and max(_LEAST_SECONDS, settings.seconds - spent)
        options = {**settings.options, self.option: self.value}
        finding = run(replace(settings, seconds=left, options=options))
        known = finding.note or finding.ending is not Ending.PROVEN
        return finding if known else replace(finding, note=self.note)
