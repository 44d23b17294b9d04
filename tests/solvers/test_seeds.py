"""Seeds: the job's is passed on, and without one the solver's own is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import cbc
from argmin_solvers.adapters.base import Settings
from tests.solvers.problems import run

SMALL = """\
Maximize
 o: 3 x + 2 y
Subject To
 c: 3 x + 4 y <= 11
Generals
 x y
End
"""


def test_cbc_is_given_no_seed_where_there_is_none(tmp_path: Path) -> None:
    assert not [word for word in cbc._limit_options(Settings(tmp_path)) if "eed" in word]


def test_cbc_is_given_the_seed_of_the_job(tmp_path: Path) -> None:
    options = cbc._limit_options(Settings(tmp_path, seed=7))
    assert options[options.index("-randomCbcSeed") + 1] == "7"
    assert options[options.index("-randomSeed") + 1] == "7"


@pytest.mark.parametrize(
    ("solver", "seed", "told"),
    [
        (SolverName.CBC, None, None),  # its own has no number
        (SolverName.CBC, 7, 7),
        (SolverName.HIGHS, None, 0),
        (SolverName.HIGHS, 7, 7),
        (SolverName.GLPK, 7, None),  # it draws no random numbers
    ],
)
def test_the_answer_tells_the_seed_that_was_used(
    solver: SolverName, seed: int | None, told: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "model.lp"
    path.write_text(SMALL)
    model = {"format": "lp", "path": str(path), "solver": solver}
    ended = run(tmp_path, model=model, **({} if seed is None else {"seed": seed}))
    assert ended.exit_code == 0
    assert ended.answer.get("seed") == told
