"""Local optima of convex quadratic programs are certified to be the global ones."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.proof import ProofLevel
from argmin_solvers.models.python_function import build_model
from argmin_solvers.proof.document import MalformedCertificateError
from argmin_solvers.proof.quadratic import is_convex
from argmin_solvers.proof.quadratic_certificate import check_curved
from tests.solvers.runs import run_text

HEAD = "import pyomo.environ as pyo\ndef build():\n    m = pyo.ConcreteModel()\n"

HS21 = """
    m.x, m.y = pyo.Var(bounds=(2, 50), initialize=2), pyo.Var(bounds=(-50, 50), initialize=-1)
    m.f = pyo.Objective(expr=0.01 * m.x**2 + m.y**2 - 100)
    m.c = pyo.Constraint(expr=10 * m.x - m.y >= 10)
"""
HS35 = """
    m.x = pyo.Var([1, 2, 3], bounds=(0, None), initialize=0.5)
    x = m.x
    m.f = pyo.Objective(expr=9 - 8*x[1] - 6*x[2] - 4*x[3] + 2*x[1]**2 + 2*x[2]**2 + x[3]**2
                        + 2*x[1]*x[2] + 2*x[1]*x[3])
    m.c = pyo.Constraint(expr=x[1] + x[2] + 2*x[3] <= 3)
"""
CONCAVE_MAXIMUM = """
    m.x, m.y, m.z = pyo.Var(), pyo.Var(), pyo.Var()
    m.f = pyo.Objective(sense=pyo.maximize,
        expr=-((m.x - m.y)**2 + (m.y - 3*m.z)**2 + (m.x + m.z - 1)**2 + m.z))
    m.c = pyo.Constraint(expr=m.x + m.y + m.z == 1)
"""
NOT_CONVEX = """
    m.x = pyo.Var(bounds=(-1, 2), initialize=1)
    m.f = pyo.Objective(expr=-m.x**2)
"""
CUBIC = """
    m.x = pyo.Var(bounds=(0, 2), initialize=1)
    m.f = pyo.Objective(expr=m.x**3 - m.x)
"""
CURVED_CONSTRAINT = """
    m.x = pyo.Var(initialize=1)
    m.f = pyo.Objective(expr=m.x)
    m.c = pyo.Constraint(expr=m.x**2 <= 4)
"""


def end(body: str, return_: str = "\n    return m\n") -> str:
    return HEAD + body + return_


@pytest.mark.parametrize(
    ("body", "optimum"),
    [(HS21, -99.96), (HS35, 1 / 9), (CONCAVE_MAXIMUM, -31 / 118)],
    ids=["HS21", "HS35", "concave maximum"],
)
def test_a_convex_program_is_optimal_with_a_certificate(
    body: str, optimum: float, tmp_path: Path
) -> None:
    result = run_text(end(body), "python", tmp_path, proof={"time": "1m"})
    answer = result.answer
    assert (answer.solve.outcome, answer.reason) == (Outcome.OPTIMAL, Reason.OPTIMAL)
    assert float(answer.solve.objective or "nan") == pytest.approx(optimum, abs=1e-6)
    assert answer.solve.proof is not None
    assert answer.solve.proof.level is ProofLevel.CERTIFIED
    assert float(answer.solve.proof.bound or "nan") == pytest.approx(optimum, abs=1e-6)
    assert result.certificate is not None
    model = build_model(tmp_path / "model.py", "build", None)
    document = json.loads(json.dumps(result.certificate))
    checked = check_curved(model, document)
    assert checked.holds
    assert float(checked.bound or "nan") == pytest.approx(optimum, abs=1e-6)
    assert check_curved(model, {**document, "point": {}}).bound != checked.bound
    with pytest.raises(MalformedCertificateError, match="point is missing"):
        check_curved(model, {**document, "point": None})


@pytest.mark.parametrize(
    "body", [NOT_CONVEX, CUBIC, CURVED_CONSTRAINT], ids=["not convex", "cubic", "curved constraint"]
)
def test_what_is_no_convex_quadratic_program_stays_a_local_optimum(
    body: str, tmp_path: Path
) -> None:
    answer = run_text(end(body), "python", tmp_path).answer
    assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.LOCALLY_OPTIMAL)
    assert answer.solve.proof is None


def test_a_level_that_a_local_optimum_cannot_reach_is_told(tmp_path: Path) -> None:
    for body in (NOT_CONVEX, CURVED_CONSTRAINT):
        asked = {"level": "Certified", "time": "1m"}
        answer = run_text(end(body), "python", tmp_path, proof=asked).answer
        assert answer.reason is Reason.LOCALLY_OPTIMAL
        assert answer.solve.proof is not None
        assert answer.solve.proof.message.startswith("not Certified, as was asked for")


VECTORS = st.lists(st.integers(-3, 3), min_size=3, max_size=3)


@settings(deadline=None)
@given(st.lists(VECTORS, min_size=0, max_size=3))
def test_sums_of_squares_are_convex(vectors: list[list[int]]) -> None:
    hessian = {
        j: {k: Fraction(sum(v[j] * v[k] for v in vectors)) for k in range(3)} for j in range(3)
    }
    assert is_convex(hessian)


@settings(deadline=None)
@given(st.lists(VECTORS, min_size=3, max_size=3), VECTORS)
def test_a_matrix_with_a_negative_direction_is_not_convex(
    rows: list[list[int]], direction: list[int]
) -> None:
    hessian = {j: {k: Fraction(rows[j][k] + rows[k][j]) for k in range(3)} for j in range(3)}
    value = sum(hessian[j][k] * direction[j] * direction[k] for j in range(3) for k in range(3))
    if value < 0:
        assert not is_convex(hessian)


def test_a_dense_matrix_of_doubles_is_no_matter_of_minutes() -> None:
    size = 60
    factors = np.random.default_rng(1).normal(size=(size, size))
    product = factors @ factors.T
    product = (product + product.T) / 2
    hessian = {j: {k: Fraction(product[j, k]) for k in range(size)} for j in range(size)}
    began = time.process_time()
    assert is_convex(hessian)
    hessian[0][0] -= 10**6
    assert not is_convex(hessian)
    assert time.process_time() - began < 10
