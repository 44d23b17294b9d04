"""Checks a solve after it ended, for as long as there is time."""

from __future__ import annotations

import threading
import traceback
from pathlib import Path
from typing import Any

from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.adapters.base import Solve
from argmin_solvers.errors import RunError
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.python_function import convert_model
from argmin_solvers.verify.base import CheckReason, UncheckableError
from argmin_solvers.verify.comparison import find_change, find_difference
from argmin_solvers.verify.reload import Rebuilt, measure, rebuild
from argmin_solvers.verify.verdict import Conclusion, conclude, leave_unverified

STOP_GRACE_SECONDS = 5.0
"""How long a check may go on once the run is asked to stop: the answer has to be told as well."""
_POLL_SECONDS = 0.1


def check_solve(
    declared: SolveTask,
    model: Any,
    solve: Solve,
    stop: threading.Event,
    *,
    grace_seconds: float = STOP_GRACE_SECONDS,
) -> Conclusion:
    """Hold a solve against its model, rebuilt from the source; never fails.

    Args:
        declared: says where the source is.
        model: what the solver was given, which has to be the same, number by number.
        solve: what the solver found.
        stop: set once the run is asked to stop.
        grace_seconds: how long the check may go on then.
    """
    concluded: list[Conclusion] = []
    done = threading.Event()

    def work() -> None:
        try:
            concluded.append(_check(declared, model, solve))
        finally:
            done.set()

    threading.Thread(target=work, daemon=True, name="check").start()
    while not done.wait(_POLL_SECONDS):
        if stop.is_set() and not done.wait(grace_seconds):
            message = "the run was asked to stop before its answer was checked"
            return leave_unverified(solve, CheckReason.INTERRUPTED, message)
    return concluded[0]


def _check(declared: SolveTask, model: Any, solve: Solve) -> Conclusion:
    """Check, and turn every failure to do so into a conclusion that says why."""
    try:
        return _conclude(declared, model, solve)
    except UncheckableError as error:
        return leave_unverified(solve, error.reason, error.message)
    except RunError as error:
        message = f"the model could not be built again: {error.message}"
        return leave_unverified(solve, CheckReason.NOT_REBUILT, message)
    except BaseException as error:  # noqa: BLE001 - an answer is told even where its check breaks
        traceback.print_exc()
        message = f"the check failed: {type(error).__name__}: {error}"
        return leave_unverified(solve, CheckReason.NOT_REBUILT, message)


def _conclude(declared: SolveTask, model: Any, solve: Solve) -> Conclusion:
    pool = declared.solution_pool
    rebuilt = rebuild(declared)
    difference = find_difference(model, rebuilt.original)
    change = _find_change(declared, model, rebuilt, difference)
    if change is not None:
        message = (
            f"{declared.function}() builds another model each time it is called: give its random"
            f" numbers a seed; as the solver was given it, {change}, as when called again"
        )
        return leave_unverified(solve, CheckReason.NOT_REPRODUCIBLE, message)
    return conclude(
        solve,
        rebuilt.original,
        given=measure(model, declared),
        difference=difference,
        enumerated=pool is not None and pool.enumerate_all,
    )


def _find_change(
    declared: SolveTask, model: Any, rebuilt: Rebuilt, difference: str | None
) -> str | None:
    """How a function's model changes from call to call, told by one reader; files do not change."""
    if declared.format is not ModelFormat.PYTHON:
        return None
    # Linear and CP-SAT models were compared as a whole: the second conversion can be spared.
    if difference is None and not isinstance(model, NonlinearModel):
        return None
    origin = f"{Path(declared.path).name} {declared.function}()"
    return find_change(model, convert_model(origin, rebuilt.returned, declared.solver))
