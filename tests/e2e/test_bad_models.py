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
PYOMO = """
import pyomo.environ as pyo


def build():
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, None))
    model.need = pyo.Constraint(expr=model.x >= 1)
    model.cost = pyo.Objective(expr=float("{coefficient}") * model.x)
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
        "InvalidModel: model.mps line 8: 'many' is not a number",
    ),
    "mps-nan": (
        model_job("mps-nan", "mps", MPS.format(need="nan")),
        "InvalidModel: model.mps line 8: 'nan' is not a number",
    ),
    "mps-cut-off": (
        model_job("mps-cut-off", "mps", MPS.format(need="1").replace("ENDATA\n", "")),
        "InvalidModel: model.mps line 8: the file ends without ENDATA: is it cut off?",
    ),
    "lp-word": (
        model_job("lp-word", "lp", "Maximise the profit, please\n"),
        "InvalidModel: model.lp line 1: ",
    ),
    "lp-infinite": (
        model_job("lp-infinite", "lp", LP.format(coefficient="1e999")),
        "InvalidModel: model.lp line 2: ",
    ),
    "nl-word": (
        model_job("nl-word", "nl", "this is no NL file\n"),
        "InvalidModel: model.nl line 1: a .nl file begins with g, not 'this is no NL file'",
    ),
    "cp-sat-word": (
        model_job("cp-sat-word", "cp-sat", "variables { name: }\n"),
        "InvalidModel: model.pbtxt line 1: no CpModelProto: 'variables { name: }': ",
    ),
    "python-nan": (
        model_job("python-nan", "python", PYOMO.format(coefficient="nan"), "highs"),
        "InvalidModel: model.py build(): the objective coefficient of x is nan",
    ),
    "python-infinite": (
        model_job("python-infinite", "python", PYOMO.format(coefficient="inf"), "highs"),
        "InvalidModel: model.py build(): the objective coefficient of x is inf",
    ),
    "pulp-nan": (
        model_job("pulp-nan", "python", PULP.format(coefficient="float('nan')"), backoffLimit=0),
        "ModelFailed: model.py line 8: pulp.constants.PulpError: Cannot multiply variables",
    ),
    "python-raises": (
        model_job("python-raises", "python", RAISES, backoffLimit=0),
        "ModelFailed: model.py line 4: KeyError: 'April'",
    ),
    "python-nothing": (
        model_job("python-nothing", "python", "def build():\n    pass\n"),
        "InvalidModel: model.py build() returns nothing: return a PuLP LpProblem, a Pyomo"
        " ConcreteModel, an OR-Tools CpModel or a highspy Highs",
    ),
    "python-no-function": (
        model_job("python-no-function", "python", NO_FUNCTION),
        "InvalidModel: model.py: there is no function build, only make; spec.model.function names"
        " the one that returns the model",
    ),
    "python-syntax": (
        model_job("python-syntax", "python", "def build(:\n"),
        "InvalidModel: model.py line 1: SyntaxError: ",
    ),
    "wrong-solver": (
        model_job("wrong-solver", "python", PULP.format(coefficient="1"), "cp-sat"),
        "UnsupportedModel: spec.solver.name: cp-sat cannot take a linear model; choose one of ",
    ),
    "unknown-option": (
        model_job("unknown-option", "mps", MPS.format(need="1")),
        "UnknownOption: spec.solver.options.treads: highs has no such option; did you mean threads",
    ),
    "bad-option": (
        model_job("bad-option", "mps", MPS.format(need="1")),
        "UnknownOption: spec.solver.options.threads: highs takes a whole number, not 'many'",
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
    assert len(job["status"]["attempts"]) == 1


def test_a_model_that_prints_a_megabyte_is_solved(jobs: dict[str, Object]) -> None:
    assert holds(jobs["talkative"], "Complete")
    assert status_of(jobs["talkative"], "outcome", "objective") == {
        "outcome": "Optimal",
        "objective": "2.0",
    }
