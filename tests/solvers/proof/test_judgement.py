"""What a proof makes of an answer: nothing is called more than the check leaves of it."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import ModelFormat, SolverName
from argmin.api.task import SolveTask
from argmin_solvers.adapters.base import Solve
from argmin_solvers.models import load_model
from argmin_solvers.proof import judgement
from argmin_solvers.proof.judgement import Circumstances, judge_proof
from argmin_solvers.proof.question import Correction, Proven
from argmin_solvers.verify.check import check_solve

MODEL = """\
Maximize
 obj: x + y
Subject To
 c: x + y <= 4
Bounds
 x <= 3
Generals
 x
End
"""


def test_a_proof_whose_answer_the_check_refutes_is_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = Correction({"x": 1.0, "y": 0.0}, SolverName.CBC, "cbc found a point")
    nothing = "cbc found nothing better"
    proven = Proven(ProofLevel.CROSS_CHECKED, "cbc", nothing, 1.0, correction=poor)
    monkeypatch.setattr(judgement, "certify_at_once", lambda _question: None)
    monkeypatch.setattr(judgement, "prove_apart", lambda _question, _stop: proven)
    path = tmp_path / "model.lp"
    path.write_text(MODEL)
    declared = SolveTask(format=ModelFormat.LP, path=str(path))
    model = load_model(declared)
    said = Solve(Outcome.OPTIMAL, Reason.OPTIMAL, "", model.sense, 0.0, 0.0, {"x": 0.0, "y": 0.0})
    conclusion = check_solve(declared, model, said, Event())
    under = Circumstances(SolverName.SCIPY, 0.1, tmp_path)
    judged = judge_proof(declared, model, conclusion, under, Event())
    assert judged.solve.outcome is Outcome.FEASIBLE
    assert judged.proof is not None
    assert judged.proof.level is ProofLevel.CLAIMED
    assert "the check refutes the proof" in judged.proof.message
