"""What HiGHS tells beyond its answer, and what is done where it breaks down."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Settings
from argmin_solvers.adapters.highs import Highs
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.errors import RunError, SolverBrokeError
from argmin_solvers.models.linear import LinearModel
from tests.solvers.problems import mps, solve


def test_a_linear_program_ends_with_a_basis_of_as_many_as_it_has_rows(tmp_path: Path) -> None:
    model = mps("afiro")
    basis = solve(SolverName.HIGHS, model, tmp_path).basis
    assert basis is not None
    assert (len(basis.columns), len(basis.rows)) == (model.columns, model.rows)
    assert basis.columns.sum() + basis.rows.sum() == model.rows


def test_a_mixed_integer_program_has_no_basis(tmp_path: Path) -> None:
    assert solve(SolverName.HIGHS, mps("lseu"), tmp_path).basis is None


class BreaksWithPresolve(Highs):
    """HiGHS as it is with some models: it ends in an error as it undoes its presolve."""

    def __init__(self) -> None:
        self.tries: list[str | int | None] = []

    def _run(self, model: LinearModel, settings: Settings, stop: Event) -> object:  # type: ignore[override]
        self.tries.append(settings.options.get("presolve"))
        if self.tries[-1] != "off":
            raise SolverBrokeError("HiGHS ended with an error")
        return super()._run(model, settings, stop)


def test_an_error_with_presolve_leads_to_one_try_without_and_is_told(tmp_path: Path) -> None:
    solver = BreaksWithPresolve()
    result = solve_linear(solver, mps("lseu"), Settings(tmp_path), Event())
    assert (result.outcome, result.objective) == (Outcome.OPTIMAL, 1120.0)
    assert "without presolve" in result.message
    assert solver.tries == [None, "off"]


def test_a_presolve_that_the_user_asks_for_is_not_taken_away(tmp_path: Path) -> None:
    solver = BreaksWithPresolve()
    settings = Settings(tmp_path, options={"presolve": "on"})
    with pytest.raises(RunError, match="ended with an error") as caught:
        solve_linear(solver, mps("lseu"), settings, Event())
    assert (caught.value.reason, solver.tries) == (Reason.SOLVER_FAILED, ["on"])


def test_an_error_without_presolve_is_the_end(tmp_path: Path) -> None:
    class Broken(BreaksWithPresolve):
        def _run(self, _model: LinearModel, settings: Settings, _stop: Event) -> object:  # type: ignore[override]
            self.tries.append(settings.options.get("presolve"))
            raise SolverBrokeError("HiGHS ended with an error")

    solver = Broken()
    with pytest.raises(RunError, match="ended with an error"):
        solve_linear(solver, mps("lseu"), Settings(tmp_path), Event())
    assert solver.tries == [None, "off"]
