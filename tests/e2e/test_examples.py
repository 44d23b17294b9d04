"""Every example of the documentation, as a newcomer applies it, gives the answer it promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import Argmin
from tests.e2e.jobs import JOBS, await_jobs
from tests.examples import EXAMPLES, EXPECTED, check_answer
from tests.kubectl import Kubectl, Object

SHOWN_COLUMNS = [
    *("NAME", "STATE", "OUTCOME", "OBJECTIVE", "PROOF", "GAP", "SOLUTIONS", "SOLVER", "AGE")
]


@pytest.fixture(scope="module")
def homes(shared: Kubectl, team: Kubectl) -> dict[str, Kubectl]:
    """The namespace of each job: that which has a bucket for those that SageMaker executes."""
    return {
        expected["job"]: team if expected.get("backend") == "sageMaker" else shared
        for expected in EXPECTED
    }


@pytest.fixture(scope="module")
def jobs(homes: dict[str, Kubectl], bucket_server: str) -> dict[str, Object]:
    """All examples, applied at once and awaited together."""
    assert bucket_server == "http://s3.storage:9000", "what the examples write"
    for expected in EXPECTED:
        homes[expected["job"]].apply_file(EXAMPLES / expected["file"])
    found: dict[str, Object] = {}
    for home in set(homes.values()):
        names = [name for name, its_home in homes.items() if its_home == home]
        found |= await_jobs(home, names, timeout=280)
    return found


def test_every_example_has_its_expectation() -> None:
    written = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/*.yaml")}
    assert {expected["file"] for expected in EXPECTED} == written


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_an_example_gives_the_answer_it_promises(jobs: dict[str, Object], expected: Object) -> None:
    job = jobs[expected["job"]]
    assert job["status"]["backend"] == expected.get("backend", "pods")
    check_answer(job, expected)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_an_example_gives_the_same_answer_without_a_cluster(
    argmin: Argmin, tmp_path: Path, expected: Object
) -> None:
    shown = argmin.run("run", str(EXAMPLES / expected["file"]), "--output=json", folder=tmp_path)
    check_answer({"status": json.loads(shown)}, expected)
    results = tmp_path / "argmin-results" / expected["job"]
    for output, files in expected.get("outputs", {}).items():
        assert sorted(path.name for path in (results / output).iterdir()) == sorted(files)


def test_kubectl_get_shows_the_answers_in_columns(
    jobs: dict[str, Object], homes: dict[str, Kubectl]
) -> None:
    tables = [read_table(home.run("get", "opt")) for home in set(homes.values())]
    rows = [row for table in tables for row in table if row["NAME"] in jobs]
    assert {row["NAME"] for row in rows} == set(jobs)
    for row in rows:
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
        assert row["PROOF"] == status.get("proof", {}).get("level", "")


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
    jobs: dict[str, Object],
    homes: dict[str, Kubectl],
    argmin: Argmin,
    tmp_path: Path,
    expected: Object,
) -> None:
    name = expected["job"]
    argmin.ask(homes[name], "result", name, "--output-dir", str(tmp_path / name))
    for output, files in expected["outputs"].items():
        folder = tmp_path / name / output
        assert sorted(path.name for path in folder.iterdir()) == sorted(files)
        (described,) = (o for o in jobs[name]["status"]["outputs"] if o["name"] == output)
        assert described["files"] == len(files)
        assert described["bytes"] == sum(path.stat().st_size for path in folder.iterdir())


def test_the_lp_file_of_american_steel_is_the_problem_itself(
    jobs: dict[str, Object], shared: Kubectl, argmin: Argmin, tmp_path: Path
) -> None:
    assert "american-steel-script" in jobs
    argmin.ask(shared, "result", "american-steel-script", "--output-dir", str(tmp_path / "result"))
    text = (tmp_path / "result" / "data" / "AmericanSteelProblem.lp").read_text()
    assert "Minimize" in text
    assert "Youngstown" in text


def test_the_result_of_a_model_has_its_variables(
    jobs: dict[str, Object], shared: Kubectl, argmin: Argmin
) -> None:
    assert "american-steel" in jobs
    solution = json.loads(argmin.ask(shared, "result", "american-steel", "--output", "json"))
    assert solution["objective"] == "15005.0"
    assert arriving(solution["variables"], "Gary") == 6000
    assert arriving(solution["variables"], "Tempe") == 4000


def arriving(flows: dict[str, float], node: str) -> float:
    return sum(flow for name, flow in flows.items() if name.endswith(node))


def test_an_enumeration_brings_every_solution(
    jobs: dict[str, Object], shared: Kubectl, argmin: Argmin
) -> None:
    assert "nurses" in jobs
    solution = json.loads(argmin.ask(shared, "result", "nurses", "--output", "json"))
    rosters = {json.dumps(roster, sort_keys=True) for roster in solution["solutions"]}
    assert len(rosters) == 5184


def test_the_same_answers_are_given_by_argmin_get(
    jobs: dict[str, Object], shared: Kubectl, argmin: Argmin
) -> None:
    shown: Any = json.loads(argmin.ask(shared, "get", "lseu", "--output", "json"))
    assert shown["status"] == jobs["lseu"]["status"]


def test_applying_a_finished_example_again_changes_nothing(
    jobs: dict[str, Object], shared: Kubectl
) -> None:
    shared.apply_file(EXAMPLES / "mps" / "job.yaml")
    assert shared.get(JOBS, "lseu")["status"] == jobs["lseu"]["status"]
