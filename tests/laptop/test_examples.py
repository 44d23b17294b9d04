"""Every example, where `pip install 'argmin-operator[solvers]'` is all that was done."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.examples import EXAMPLES, EXPECTED, check_answer
from tests.kubectl import Object


def run(laptop: Path, surroundings: dict[str, str], *words: str) -> str:
    """What the installed `argmin` prints."""
    folder = surroundings["HOME"]
    done = subprocess.run(
        [str(laptop / "argmin"), *words],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_an_example_gives_the_answer_it_promises(
    laptop: Path, surroundings: dict[str, str], expected: Object
) -> None:
    shown = run(laptop, surroundings, "run", str(EXAMPLES / expected["file"]), "--output=json")
    check_answer({"status": json.loads(shown)}, expected)


def test_no_solver_of_the_machine_is_within_reach(
    laptop: Path, surroundings: dict[str, str], tmp_path: Path
) -> None:
    assert not (laptop / "cbc").exists()
    assert str(laptop) == surroundings["PATH"]


SMALL = """\
Maximize
 o: 3 x + 2 y
Subject To
 c: x + y <= 4
 d: x + 3 y <= 6
Bounds
 x <= 3
Generals
 x y
End
"""


@pytest.mark.parametrize("solver", ["cbc", "glpk", "highs", "scip", "scipy"])
def test_every_linear_solver_is_there(
    laptop: Path, surroundings: dict[str, str], tmp_path: Path, solver: str
) -> None:
    manifest = {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": "small"},
        "spec": {
            "model": {"format": "lp", "source": {"inline": SMALL}},
            "solver": {"name": solver},
        },
    }
    (tmp_path / "job.yaml").write_text(json.dumps(manifest))
    status = json.loads(run(laptop, surroundings, "run", "job.yaml", "--output=json"))
    assert (status["outcome"], status["objective"]) == ("Optimal", "11.0")
