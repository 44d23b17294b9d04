"""A slice of the hunt: every shape and every solver, with nothing told wrongly."""

from __future__ import annotations

from pathlib import Path

from tests.hunt.hunting import Hunt, Plan
from tests.hunt.shapes import SHAPES
from tests.hunt.tally import Tally
from tests.hunt.workers import make_team

SOLVERS = ("highs", "scip", "cbc", "glpk", "scipy")
SLICE = 3 * len(SHAPES)


def test_a_slice_of_the_hunt_tells_nothing_wrongly(tmp_path: Path) -> None:
    tally, teams = Tally(seed=8), [make_team(), make_team()]
    plan = Plan(SOLVERS, seconds=240, models=SLICE, reduce_seconds=5)
    try:
        Hunt(plan, tally, tmp_path, teams).run()
    finally:
        for team in teams:
            team.close()
    assert tally.total("models") == SLICE
    assert set(tally.solvers) >= set(SOLVERS)
    assert tally.levels["Certified"] > tally.levels.get("Claimed", 0)
    wrong = [find.line for find in tally.finds if find.kind in ("told wrongly", "failed")]
    assert wrong == []
