"""What is done where SCIP breaks down."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from argmin.api.answer import Outcome
from argmin_solvers.adapters.base import Settings
from argmin_solvers.adapters.scip import Scip
from argmin_solvers.errors import SolverBrokeError
from tests.solvers.problems import linear

BREAKS = """\
Minimize
 obj: 0 x
Subject To
 5 x + 5 y >= 0
 4 y + 5 z >= 2
 10 x + 14 y + 5 z <= 1
Bounds
 y free
End
"""
"""Infeasible: SCIP 10 with presolve ends with an error of its linear programs. Found by a hunt."""


def test_an_error_of_its_linear_programs_leads_to_one_try_without_presolve(tmp_path: Path) -> None:
    result = Scip().solve(linear(BREAKS, tmp_path), Settings(tmp_path), Event())
    assert result.outcome is Outcome.INFEASIBLE


def test_a_presolve_that_the_user_asks_for_is_not_taken_away(tmp_path: Path) -> None:
    settings = Settings(tmp_path, options={"presolving/maxrounds": -1})
    with pytest.raises(SolverBrokeError, match="SCIP ended with an error"):
        Scip().solve(linear(BREAKS, tmp_path), settings, Event())
