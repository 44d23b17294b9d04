"""The page on verification says what is so: its example runs, its tables are complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from argmin_solvers.numerics import NOISE, tolerances
from argmin_solvers.verify.base import CheckReason
from argmin_solvers.verify.check import STOP_GRACE_SECONDS
from tests.solvers.problems import run

PAGE = (Path(__file__).parents[3] / "docs" / "user-guide" / "verification.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def fenced(language: str) -> str:
    match = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def test_the_example_ends_as_the_page_says(tmp_path: Path) -> None:
    model = yaml.safe_load(fenced("yaml"))["spec"]["model"]
    path = tmp_path / "model.lp"
    path.write_text(model["source"]["inline"])
    ended = run(tmp_path, model={"format": model["format"], "path": str(path)})
    assert (ended.solved["outcome"], ended.solved["objective"]) == ("Optimal", "17.0")
    assert ended.solved["verification"] == json.loads(fenced("json"))


def test_every_reason_is_explained_and_none_is_invented() -> None:
    explained = re.findall(r"^\| `(?:True|False|Unknown)` \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(explained) == sorted(CheckReason)


def test_the_tolerances_are_those_of_the_check() -> None:
    stated = re.findall(r"`(1e-\d+)`", section("Tolerances"))
    assert [float(text) for text in stated] == [
        tolerances.FEASIBILITY_TOLERANCE,
        tolerances.FEASIBILITY_TOLERANCE,
        tolerances.INTEGRALITY_TOLERANCE,
        tolerances.OBJECTIVE_TOLERANCE,
        tolerances.EVALUATION_TOLERANCE,
        tolerances.PROOF_TOLERANCE,
        NOISE,
        tolerances.BETTER_TOLERANCE,
    ]


def test_the_grace_of_a_run_that_is_asked_to_stop_is_as_stated() -> None:
    assert f"gives it {STOP_GRACE_SECONDS:g} more seconds" in PAGE
