"""Every solver that argmin brings solves a published instance to its published answer, in a pod."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conversions import read_mps, to_cp_sat, to_nl
from tests.e2e.jobs import await_jobs, config_map, optimization_job, status_of
from tests.kubectl import Kubectl, Object, condition_of, holds

INSTANCES = Path(__file__).resolve().parents[1] / "data" / "mps"

ANSWERS = {
    ("cbc", "p0548"): 8691.0,
    ("glpk", "rgn"): 82.19999924,
    ("highs", "gesa2"): 25779856.3717,
    ("highs", "afiro"): -464.7531428571,
    ("scip", "dcmulti"): 188182.0,
    ("scipy", "egout"): 568.1007,
    ("cp-sat", "lseu"): 1120.0,
    ("ipopt", "afiro"): -464.7531428571,
}
INFEASIBLE = ("cbc", "glpk", "highs", "scip", "scipy")
OPTIONS = {"ipopt": {"tol": "1e-10", "bound_relax_factor": "0"}}
"""As it is, Ipopt lets bounds be overstepped by 1e-8."""


def solve(solver: str, instance: str, model_format: str, text: str) -> tuple[Object, Object]:
    name = f"{solver}-{instance}"
    source = {"configMapKeyRef": {"name": name, "key": "model"}}
    job = optimization_job(
        name,
        model={"format": model_format, "source": source},
        solver={"name": solver, "options": OPTIONS.get(solver, {})},
        limits={"time": "3m"},
    )
    return config_map(name, model=text), job


def write(solver: str, instance: str, folder: Path) -> tuple[str, str]:
    """Format and text of an instance, as the solver reads it."""
    path = INSTANCES / f"{instance}.mps"
    if solver == "cp-sat":
        return "cp-sat", to_cp_sat(read_mps(path))
    if solver == "ipopt":
        return "nl", to_nl(read_mps(path), folder)
    return "mps", path.read_text()


@pytest.fixture(scope="module")
def jobs(shared: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Object]:
    folder = tmp_path_factory.mktemp("models")
    cases = [*ANSWERS, *((solver, "woodinfe") for solver in INFEASIBLE)]
    for solver, instance in cases:
        manifests = solve(solver, instance, *write(solver, instance, folder))
        # Too large for the annotation of a client-side apply.
        for manifest in manifests:
            shared.create(manifest)
    return await_jobs(shared, [f"{solver}-{instance}" for solver, instance in cases])


@pytest.mark.parametrize(("solver", "instance"), ANSWERS)
def test_a_solver_finds_the_published_answer(
    jobs: dict[str, Object], solver: str, instance: str
) -> None:
    job = jobs[f"{solver}-{instance}"]
    assert holds(job, "Complete")
    expected = ANSWERS[solver, instance]
    assert float(job["status"]["objective"]) == pytest.approx(expected, rel=1e-8)
    assert condition_of(job, "Complete")["reason"] == "Optimal"
    assert status_of(job, "outcome", "solver", "sense") == {
        "outcome": "Optimal",
        "solver": solver,
        "sense": "Minimize",
    }
    assert job["status"]["solverVersion"]


@pytest.mark.parametrize("solver", INFEASIBLE)
def test_infeasible_is_an_answer_and_not_a_failure(jobs: dict[str, Object], solver: str) -> None:
    job = jobs[f"{solver}-woodinfe"]
    assert holds(job, "Complete")
    assert condition_of(job, "Complete")["reason"] == "Infeasible"
    assert status_of(job, "outcome", "objective") == {"outcome": "Infeasible", "objective": None}
    assert len(job["status"]["attempts"]) == 1
