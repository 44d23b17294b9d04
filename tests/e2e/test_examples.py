"""Every example of the documentation, as a newcomer applies it, gives the answer it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.jobs import JOBS, await_jobs
from tests.installation import ROOT
from tests.kubectl import Kubectl, Object, condition_of, holds

EXAMPLES = ROOT / "examples"
EXPECTED: list[Object] = yaml.safe_load((EXAMPLES / "expected.yaml").read_text())
SHOWN_COLUMNS = ["NAME", "STATE", "OUTCOME", "OBJECTIVE", "GAP", "SOLUTIONS", "SOLVER", "AGE"]

Argmin = Callable[..., str]


@pytest.fixture(scope="module")
def jobs(shared: Kubectl) -> dict[str, Object]:
    """All examples, applied at once and awaited together."""
    for expected in EXPECTED:
        shared.apply_file(EXAMPLES / expected["file"])
    return await_jobs(shared, [expected["job"] for expected in EXPECTED], timeout=280)


@pytest.fixture(scope="module")
def argmin(shared: Kubectl) -> Argmin:
    """The command `argmin`, in the namespace of the examples: its standard output."""
    program = Path(sys.executable).with_name("argmin")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(program), *arguments, f"--namespace={shared.namespace}"],
            capture_output=True,
            text=True,
            env=shared.environment,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_every_example_has_its_expectation() -> None:
    written = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/*.yaml")}
    assert {expected["file"] for expected in EXPECTED} == written


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_an_example_gives_the_answer_it_promises(jobs: dict[str, Object], expected: Object) -> None:
    job = jobs[expected["job"]]
    assert holds(job, "Complete"), job["status"]
    assert condition_of(job, "Complete")["reason"] == expected["reason"]
    exact = {"outcome", "sense", "bestBound", "gap", "solver", "solutions"} & expected.keys()
    assert {field: job["status"].get(field) for field in exact} == {
        field: expected[field] for field in exact
    }
    if "relativeTolerance" in expected:
        tolerance = float(expected["relativeTolerance"])
        wanted = pytest.approx(float(expected["objective"]), rel=tolerance)
        assert float(job["status"]["objective"]) == wanted
    elif "objective" in expected:
        assert job["status"]["objective"] == expected["objective"]


def test_kubectl_get_shows_the_answers_in_columns(jobs: dict[str, Object], shared: Kubectl) -> None:
    table = read_table(shared.run("get", "opt"))
    assert {row["NAME"] for row in table} == set(jobs)
    for row in table:
        status = jobs[row["NAME"]]["status"]
        assert list(row) == SHOWN_COLUMNS
        assert row["STATE"] == "Complete"
        for column, field in (
            ("OUTCOME", "outcome"),
            ("OBJECTIVE", "objective"),
            ("GAP", "gap"),
            ("SOLUTIONS", "solutions"),
            ("SOLVER", "solver"),
        ):
            assert row[column] == str(status.get(field, ""))


def read_table(text: str) -> list[dict[str, str]]:
    """Rows of a table of kubectl, whose cells begin where the words of the head do."""
    head, *lines = text.splitlines()
    names = head.split()
    starts = [*(head.index(name) for name in names), None]
    return [
        {
            name: line[start:end].strip()
            for name, start, end in zip(names, starts, starts[1:], strict=False)
        }
        for line in lines
    ]


@pytest.mark.parametrize(
    "expected",
    [each for each in EXPECTED if "outputs" in each],
    ids=lambda expected: expected["file"],
)
def test_the_files_that_an_example_writes_come_back(
    jobs: dict[str, Object], argmin: Argmin, tmp_path: Path, expected: Object
) -> None:
    name = expected["job"]
    argmin("result", name, "--output-dir", str(tmp_path / name))
    for output, files in expected["outputs"].items():
        folder = tmp_path / name / output
        assert sorted(path.name for path in folder.iterdir()) == sorted(files)
        (described,) = (o for o in jobs[name]["status"]["outputs"] if o["name"] == output)
        assert described["files"] == len(files)
        assert described["bytes"] == sum(path.stat().st_size for path in folder.iterdir())


def test_the_lp_file_of_american_steel_is_the_problem_itself(
    jobs: dict[str, Object], argmin: Argmin, tmp_path: Path
) -> None:
    assert "american-steel-script" in jobs
    argmin("result", "american-steel-script", "--output-dir", str(tmp_path / "result"))
    text = (tmp_path / "result" / "data" / "AmericanSteelProblem.lp").read_text()
    assert "Minimize" in text
    assert "Youngstown" in text


def test_the_result_of_a_model_has_its_variables(jobs: dict[str, Object], argmin: Argmin) -> None:
    assert "american-steel" in jobs
    solution = json.loads(argmin("result", "american-steel", "--output", "json"))
    assert solution["objective"] == "15005.0"
    assert arriving(solution["variables"], "Gary") == 6000
    assert arriving(solution["variables"], "Tempe") == 4000


def arriving(flows: dict[str, float], node: str) -> float:
    return sum(flow for name, flow in flows.items() if name.endswith(node))


def test_an_enumeration_brings_every_solution(jobs: dict[str, Object], argmin: Argmin) -> None:
    assert "nurses" in jobs
    solution = json.loads(argmin("result", "nurses", "--output", "json"))
    rosters = {json.dumps(roster, sort_keys=True) for roster in solution["solutions"]}
    assert len(rosters) == 5184


def test_the_same_answers_are_given_by_argmin_get(jobs: dict[str, Object], argmin: Argmin) -> None:
    shown: Any = json.loads(argmin("get", "lseu", "--output", "json"))
    assert shown["status"] == jobs["lseu"]["status"]


def test_applying_a_finished_example_again_changes_nothing(
    jobs: dict[str, Object], shared: Kubectl
) -> None:
    shared.apply_file(EXAMPLES / "mps" / "job.yaml")
    assert shared.get(JOBS, "lseu")["status"] == jobs["lseu"]["status"]
