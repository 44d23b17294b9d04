"""The call by which a program tells what it found."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import Outcome
from argmin_solvers import report
from argmin_solvers.errors import RunError
from tests.solvers.test_script_run import REPORTING, run_here


def test_outside_argmin_a_report_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARGMIN_REPORT", raising=False)
    report(objective=3, trucks=2)
    assert capsys.readouterr().out == 'report {"objective": 3, "metrics": {"trucks": 2}}\n'


def test_a_report_needs_nothing_but_the_standard_library() -> None:
    probe = (
        "import sys, argmin_solvers\n"
        "print([name for name in ('numpy', 'pydantic', 'argmin') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize(
    ("bound", "sense", "claim", "said"),
    [
        (9, "Minimize", ', outcome="Optimal"', "it said Optimal, and its"),
        (1, "Maximize", ', outcome="Optimal"', "it said Optimal, and its"),
        (9, "Minimize", "", "its"),
    ],
)
def test_a_bound_on_the_wrong_side_is_told_of_and_left_out(
    bound: int, sense: str, claim: str, said: str, tmp_path: Path
) -> None:
    told = f'report(objective=5, bound={bound}, sense="{sense}"{claim})\n'
    answer = run_here(tmp_path, REPORTING + told).answer
    assert (answer.solve.outcome, answer.solve.objective) == (Outcome.FEASIBLE, "5.0")
    assert (answer.solve.best_bound, answer.solve.gap) == (None, None)
    assert answer.message.endswith(
        f"; {said} objective 5.0 is better than its bound {bound}.0 ({sense}):"
        " the bound proves nothing and is left out"
    )


def test_a_value_that_is_no_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"variables\['x'\] is 'abc': report a number"):
        run_here(tmp_path, REPORTING + "report(variables={'x': 'abc'})\n")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"variables": [1, 2]}, "variables is [1, 2]: report a mapping, such as {'x': 2.5}"),
        ({"variables": []}, "variables is []: report a mapping, such as {'x': 2.5}"),
        ({"objective": 10**400}, "objective is 1000000000000000"),
        ({"objective": 10**400}, "…: report a finite number, which a double can hold"),
        ({"objective": Fraction(10**400)}, "report a finite number, which a double can hold"),
        ({"trucks": 10**5000}, "trucks is a number of thousands of digits: report a finite number"),
        ({"objective": math.inf}, "objective is inf: report a finite number"),
        ({"solutions": 2.5}, "solutions is 2.5: report a whole number of zero or more"),
        ({"solutions": -1}, "solutions is -1: report a whole number of zero or more"),
        ({"solutions": "many"}, "solutions is 'many': report a number"),
    ],
)
def test_what_a_report_cannot_tell_is_refused_with_a_sentence(
    told: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        report(**told)


def test_a_count_may_be_a_whole_number_of_any_type(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARGMIN_REPORT", raising=False)
    report(solutions=3.0, variables={})  # type: ignore[arg-type]
    assert capsys.readouterr().out == 'report {"solutions": 3, "variables": {}}\n'
