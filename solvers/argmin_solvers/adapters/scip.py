"""SCIP, through PySCIPOpt, with the interpreter free while it solves."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any, ClassVar

import numpy as np

from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import (
    Ending,
    Finding,
    Floats,
    Settings,
    Solve,
    bad_option,
    parse_option,
    unknown_option,
)
from argmin_solvers.adapters.mps_writer import write_mps
from argmin_solvers.adapters.option_policy import SCIP, guard
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.adapters.presolve_retry import WithoutPresolve
from argmin_solvers.errors import SolverBrokeError
from argmin_solvers.models.linear import INFINITE, LinearModel
from argmin_solvers.progress.sink import ProgressSink

_RETRY_SECONDS = 0.1
_WITHOUT_PRESOLVE = WithoutPresolve(
    "presolving/maxrounds",
    0,
    "proven optimal, without presolve: SCIP had ended with an error after it",
)
_NODES_SECONDS = 0.5
"""Between two looks at the number of nodes."""


class Scip:
    """SCIP: linear and mixed-integer linear models."""

    name: ClassVar = SolverName.SCIP
    takes: ClassVar[tuple[type, ...]] = (LinearModel,)

    def version(self) -> str:
        """The version of the SCIP library."""
        import pyscipopt

        scip = pyscipopt.Model()
        parts = scip.getMajorVersion(), scip.getMinorVersion(), scip.getTechVersion()
        return ".".join(map(str, parts))

    def refusal(self, model: LinearModel) -> str | None:
        """None: SCIP takes every linear model."""
        return None

    def solve(self, model: LinearModel, settings: Settings, stop: Event) -> Solve:
        """Solve a linear model."""
        return solve_linear(self, model, settings, stop)

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Run SCIP and tell what it found; where it fails, once more without its presolve."""
        return _WITHOUT_PRESOLVE.search(
            lambda settings: self._run(model, settings, stop), settings, stop
        )

    def _run(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        import pyscipopt

        file = settings.workdir / "model.mps"
        write_mps(model.plain(), file)
        scip = pyscipopt.Model()
        scip.setLogfile(None)
        _apply(scip, settings)
        scip.readProblem(str(file))
        if settings.cutoff is not None:
            # With a cut-off a long presolve costs more than it saves.
            scip.setPresolve(pyscipopt.SCIP_PARAMSETTING.FAST)
            scip.setObjlimit(settings.cutoff)
        if stop.is_set():
            return Finding(Ending.INTERRUPTED)
        _tell_progress(scip, model, settings.progress)
        with _stopping(scip, stop):
            _optimize(scip)
        return _read(scip, model)


def _optimize(scip: Any) -> None:
    try:
        scip.optimizeNogil()
    except Exception as error:
        if type(error) is not Exception:  # PySCIPOpt raises SCIP's own errors as nothing more
            raise
        raise SolverBrokeError(f"SCIP ended with an error: {error}; its log says why") from None


def _apply(scip: Any, settings: Settings) -> None:
    values: dict[str, Any] = {
        "misc/catchctrlc": False,  # signals are the runner's
        "randomization/randomseedshift": settings.seed or 0,
    }
    limits = {
        "limits/time": settings.seconds,
        "limits/gap": settings.relative_gap,
        "limits/absgap": settings.absolute_gap,
        "limits/bestsol": settings.solutions,
    }
    values.update({name: value for name, value in limits.items() if value is not None})
    for name, value in values.items():
        scip.setParam(name, value)
    known = scip.getParams() if settings.options else {}  # asking for thousands takes its time
    for name, text in settings.options.items():
        if name not in known:
            raise unknown_option("scip", name, known)
        guard("scip", SCIP, name, text)
        value = parse_option("scip", name, text, type(known[name]))
        try:
            scip.setParam(name, value)
        except ValueError:
            raise bad_option("scip", name, text, "a value in the range its log states") from None


def _tell_progress(scip: Any, model: LinearModel, progress: ProgressSink) -> None:
    """Have SCIP tell of each better solution or bound, and now and then of its nodes."""
    import pyscipopt

    kinds = pyscipopt.SCIP_EVENTTYPE
    news = kinds.BESTSOLFOUND | kinds.DUALBOUNDIMPROVED
    direction = -1.0 if model.maximizes else 1.0

    class Teller(pyscipopt.Eventhdlr):  # type: ignore[misc]
        """Called by SCIP at its events."""

        told_at = 0.0

        def eventinit(self) -> None:
            self.model.catchEvent(news | kinds.NODESOLVED, self)

        def eventexit(self) -> None:
            self.model.dropEvent(news | kinds.NODESOLVED, self)

        def eventexec(self, event: Any) -> None:
            now = time.monotonic()
            if now - self.told_at < _NODES_SECONDS and not event.getType() & news:
                return
            self.told_at = now
            scip = self.model
            if event.getType() & kinds.BESTSOLFOUND:
                # It is stored, but neither counted nor the primal bound yet.
                progress.tell(
                    objective=direction * scip.getSolObjVal(scip.getBestSol()),
                    solutions=scip.getNBestSolsFound() + 1,
                )
            progress.tell(bound=direction * scip.getDualbound(), nodes=scip.getNTotalNodes())

    scip.includeEventhdlr(Teller(), "argmin", "tells the progress of the search")


@contextlib.contextmanager
def _stopping(scip: Any, stop: Event) -> Iterator[None]:
    """Interrupt SCIP once `stop` is set, while the block runs."""
    done = Event()

    def watch() -> None:
        while not done.wait(_RETRY_SECONDS):
            if stop.is_set():
                # Refused in the moments before and after solving: asked again until it is over.
                with contextlib.suppress(Exception):
                    scip.interruptSolve()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


_ENDINGS = {
    "optimal": Ending.PROVEN,
    "infeasible": Ending.INFEASIBLE,
    "unbounded": Ending.DUAL_INFEASIBLE,
    "inforunbd": Ending.DUAL_INFEASIBLE,
    "timelimit": Ending.TIME_LIMIT,
    "gaplimit": Ending.GAP_LIMIT,
    "sollimit": Ending.SOLUTION_LIMIT,
    "bestsollimit": Ending.SOLUTION_LIMIT,
    "userinterrupt": Ending.INTERRUPTED,
    "terminate": Ending.INTERRUPTED,
}


def _read(scip: Any, model: LinearModel) -> Finding:
    status = scip.getStatus()
    ending = _ENDINGS.get(status, Ending.STOPPED)
    direction = -1.0 if model.maximizes else 1.0
    found = scip.getNSols() > 0 and ending is not Ending.DUAL_INFEASIBLE
    if ending is Ending.SOLUTION_LIMIT and not found:  # none was allowed
        ending = Ending.STOPPED
    bound = scip.getDualbound()
    return Finding(
        ending,
        values=_values(scip, model) if found else None,
        claimed=direction * scip.getObjVal() if found else None,
        bound=direction * bound if abs(bound) < INFINITE else None,
        nodes=scip.getNTotalNodes() if model.integers else None,
        solutions=scip.getNBestSolsFound() if found else 0,
        note=f"SCIP stopped: {status}" if ending is Ending.STOPPED else "",
    )


def _values(scip: Any, model: LinearModel) -> Floats:
    solution = scip.getBestSol()
    values = np.zeros(model.columns + 1)  # the last may be the constant
    for variable in scip.getVars():  # in an order of its own, under the names of the file: C1, …
        values[int(variable.name[1:]) - 1] = scip.getSolVal(solution, variable)
    return values[: model.columns]
