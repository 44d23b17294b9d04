"""Models that cannot be solved: the job fails at once, and says where the mistake is."""

from __future__ import annotations

import pytest

from tests.e2e.jobs import await_jobs, message_of, model_job, status_of
from tests.kubectl import Kubectl, Object, holds

MPS = """NAME tiny
ROWS
 N cost
 G need
COLUMNS
 x cost 1.0 need 1.0
RHS
 rhs need {need}
ENDATA
"""
LP = """Minimize
 cost: x + {coefficient} y
Subject To
 need: x + y >= 1
End
"""
PULP = """
import pulp


def build():
    model = pulp.LpProblem("tiny", pulp.LpMinimize)
    x = pulp.LpVariable("x", lowBound=0)
    model += {coefficient} * x
    model += x >= 1
    return model
"""
RAISES = """
def build():
    prices = {"March": 1.0}
    return prices["April"]
"""
PRINTS_A_MEGABYTE = 'print("x" * 1_000_000)\n' + PULP.format(coefficient="2")
NO_FUNCTION = "def make():\n    return None\n"

BAD_MODELS: dict[str, tuple[Object, str]] = {
    "mps-word": (
        model_job("mps-word", "mps", MPS.format(need="many")),
        "InvalidModel: model.mps line 8: 'many' is no number",
    ),
    "mps-nan": (
        model_job("mps-nan", "mps", MPS.format(need="nan")),
        "InvalidModel: model.mps line 8: 'nan' is no number",
    ),
    "mps-cut-off": (
        model_job("mps-cut-off", "mps", MPS.format(need="1").replace("ENDATA\n", "")),
        "InvalidModel: model.mps",
    ),
    "lp-word": (
        model_job("lp-word", "lp", "Maximise the profit, please\n"),
        "InvalidModel: model.lp",
    ),
    "lp-infinite": (
        model_job("lp-infinite", "lp", LP.format(coefficient="inf")),
        "InvalidModel: model.lp",
    ),
    "nl-word": (
        model_job("nl-word", "nl", "this is no NL file\n"),
        "InvalidModel: model.nl",
    ),
    "cp-sat-word": (
        model_job("cp-sat-word", "cp-sat", "variables { name: }\n"),
        "InvalidModel: model.pbtxt",
    ),
    "python-nan": (
        model_job("python-nan", "python", PULP.format(coefficient="float('nan')")),
        "InvalidModel: ",
    ),
    "python-infinite": (
        model_job("python-infinite", "python", PULP.format(coefficient="float('inf')")),
        "InvalidModel: ",
    ),
    "python-raises": (
        model_job("python-raises", "python", RAISES, backoffLimit=0),
        "ModelFailed: model.py line 4, in build: KeyError: 'April'",
    ),
    "python-nothing": (
        model_job("python-nothing", "python", "def build():\n    pass\n"),
        "InvalidModel: model.py: build() returned None",
    ),
    "python-no-function": (
        model_job("python-no-function", "python", NO_FUNCTION),
        "InvalidModel: model.py: there is no function build",
    ),
    "python-syntax": (
        model_job("python-syntax", "python", "def build(:\n", backoffLimit=0),
        "ModelFailed: model.py line 1",
    ),
    "wrong-solver": (
        model_job("wrong-solver", "python", PULP.format(coefficient="1"), "cp-sat"),
        "UnsupportedModel: spec.solver.name: cp-sat cannot take a ",
    ),
    "unknown-option": (
        model_job("unknown-option", "mps", MPS.format(need="1")),
        "UnknownOption: spec.solver.options.treads: highs has no such option; did you mean threads",
    ),
    "bad-option": (
        model_job("bad-option", "mps", MPS.format(need="1")),
        "UnknownOption: spec.solver.options.threads: ",
    ),
}
BAD_MODELS["unknown-option"][0]["spec"]["solver"] = {"name": "highs", "options": {"treads": 1}}
BAD_MODELS["bad-option"][0]["spec"]["solver"] = {"name": "highs", "options": {"threads": "many"}}


@pytest.fixture(scope="module")
def jobs(shared: Kubectl) -> dict[str, Object]:
    shared.apply(*(manifest for manifest, _ in BAD_MODELS.values()))
    shared.apply(model_job("talkative", "python", PRINTS_A_MEGABYTE))
    return await_jobs(shared, [*BAD_MODELS, "talkative"])


@pytest.mark.parametrize("name", BAD_MODELS)
def test_a_bad_model_fails_its_job_once_with_the_place_of_the_mistake(
    jobs: dict[str, Object], name: str
) -> None:
    job = jobs[name]
    assert holds(job, "Failed")
    assert message_of(job, "Failed").startswith(BAD_MODELS[name][1])
    assert "Traceback" not in message_of(job, "Failed")
    assert status_of(job, "outcome") == {"outcome": "Error"}
    assert len(job["status"]["runs"]) == 1


def test_a_model_that_prints_a_megabyte_is_solved(jobs: dict[str, Object]) -> None:
    assert holds(jobs["talkative"], "Complete")
    assert status_of(jobs["talkative"], "outcome", "objective") == {
        "outcome": "Optimal",
        "objective": "2.0",
    }
