"""A hunt finds a solver that lies, reduces its lie, and goes on where it ended."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from tests.hunt.asking import Claim, Told
from tests.hunt.hunting import Hunt, Plan
from tests.hunt.instances import Instance
from tests.hunt.report import publish, render_report
from tests.hunt.tally import Tally, load_tally
from tests.solvers.hunt.honesty import Lie, Panel

SOLVERS = ("highs", "scip")
A_FEW = 18
"""So many models come before the first one for CP-SAT."""


def quiet(_line: str) -> None:
    pass


def hunt(folder: Path, *, models: int = A_FEW, lie: Lie | None = None, block: int = 9) -> Tally:
    folder.mkdir(exist_ok=True)
    tally = load_tally(folder, seed=1)
    panel = Panel(folder) if lie is None else Panel(folder, "scip", lie)
    plan = Plan(SOLVERS, seconds=60, models=models, block=block, reduce_seconds=0.3)
    Hunt(plan, tally, folder, [panel]).run(quiet)
    return tally


def say_worse(instance: Instance, told: Told) -> Told:
    """A wrong optimum where the model has an integer variable."""
    if told.objective is None or not any(variable.integer for variable in instance.variables):
        return told
    worse = told.objective + (-1000.0 if instance.maximize else 1000.0)
    return replace(told, objective=worse, bound=worse)


def only_claim(instance: Instance, told: Told) -> Told:
    return replace(say_worse(instance, told), level=ProofLevel.CLAIMED)


def deny(_instance: Instance, told: Told) -> Told:
    return replace(told, outcome=Outcome.INFEASIBLE, objective=None, bound=None)


def test_solvers_that_are_right_leave_no_findings(tmp_path: Path) -> None:
    tally = hunt(tmp_path)
    assert tally.total("models") == A_FEW
    assert tally.finds == []
    assert tally.total("disagreements") == 0


def test_a_wrong_optimum_told_as_cross_checked_is_told_wrongly(tmp_path: Path) -> None:
    tally = hunt(tmp_path, lie=say_worse)
    assert tally.solvers["scip"]["told wrongly"] > 3
    assert tally.solvers["highs"]["told wrongly"] == 0
    assert tally.total("claimed wrongly") == 0


def test_the_same_told_as_claimed_is_a_claim_that_is_contradicted(tmp_path: Path) -> None:
    tally = hunt(tmp_path, lie=only_claim)
    assert tally.total("told wrongly") == 0
    assert tally.total("claimed wrongly") > 3


def test_a_wrong_infeasible_is_found(tmp_path: Path) -> None:
    assert hunt(tmp_path, lie=deny).total("told wrongly") > 3


def test_a_lie_is_written_down_with_a_model_that_is_small_and_still_shows_it(
    tmp_path: Path,
) -> None:
    tally = hunt(tmp_path, models=1, lie=say_worse)
    (find,) = tally.finds
    place = tmp_path / "findings" / find.folder
    original, reduced = (next(place.glob(f"{name}.*")) for name in ("original", "reduced"))
    assert len(reduced.read_text().split()) < len(original.read_text().split()) / 2
    said = (place / "README.md").read_text()
    assert "scip: Optimal 1000.0" in said
    assert "highs: Optimal" in said
    assert "0.0 is better" in said


def test_a_hunt_in_two_parts_counts_the_same_as_one(tmp_path: Path) -> None:
    hunt(tmp_path / "parts", models=9)
    parts = hunt(tmp_path / "parts", models=9)
    whole = hunt(tmp_path / "whole", models=18)
    assert parts.next == whole.next == 18
    assert parts.shapes == whole.shapes
    assert parts.outcomes == whole.outcomes


def test_a_hunt_that_was_ended_in_a_block_tries_it_again(tmp_path: Path) -> None:
    hunt(tmp_path, models=9)
    state = tmp_path / "state.json"
    before = json.loads(state.read_text())
    tally = load_tally(tmp_path, seed=1)

    class EndedError(Exception):
        pass

    class Broken(Panel):
        def ask(self, task: object) -> list[Told]:
            raise EndedError

    plan = Plan(SOLVERS, seconds=60, models=9, block=9)
    with pytest.raises(EndedError):
        Hunt(plan, tally, tmp_path, [Broken(tmp_path)]).run(quiet)
    assert json.loads(state.read_text()) == before


def test_a_folder_of_another_seed_is_refused(tmp_path: Path) -> None:
    hunt(tmp_path, models=1)
    with pytest.raises(ValueError, match="give --seed 1"):
        load_tally(tmp_path, seed=2)


def test_the_report_tells_what_was_counted(tmp_path: Path) -> None:
    tally = hunt(tmp_path, lie=only_claim)
    report = render_report(tally)
    assert f"| models tried | {A_FEW} |" in report
    assert "| **told wrongly at level Certified or CrossChecked** | 0 |" in report
    assert "claimed wrongly / scip / Optimal" in report


def test_figures_are_put_between_the_marks_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- hunt -->\nyesterday\n<!-- /hunt -->\nafter\n")
    publish(hunt(tmp_path / "hunt", models=1), page)
    text = page.read_text()
    assert text.startswith("before\n<!-- hunt -->\nMeasured on ")
    assert text.endswith("<!-- /hunt -->\nafter\n")
    assert "yesterday" not in text


def test_a_word_that_argmin_does_not_pass_on_is_caught(tmp_path: Path) -> None:
    class Careful(Panel):
        def ask(self, task: object) -> list[Told]:
            return [
                replace(told, claim=Claim(Outcome.INFEASIBLE)) if told.solver == "scip" else told
                for told in super().ask(task)  # type: ignore[arg-type]
            ]

    tally = load_tally(tmp_path, seed=1)
    plan = Plan(SOLVERS, seconds=60, models=3, reduce_seconds=0.3)
    Hunt(plan, tally, tmp_path, [Careful(tmp_path)]).run(quiet)
    assert tally.solvers["scip"]["caught"] > 0
    assert tally.total("claimed wrongly") == tally.total("told wrongly") == 0
