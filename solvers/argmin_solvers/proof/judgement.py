"""What a proof makes of an answer: the answer as it may be told, and how well it is proven."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from argmin.api.answer import Outcome, Reason, Verification
from argmin.api.solve.proof import Proof, ProofLevel, ProofRequest
from argmin.api.solve.solvers import SolverName
from argmin.api.task import SolveTask
from argmin_solvers.adapters.base import Basis, Solve
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.numerics import decimal_text, is_noise
from argmin_solvers.process.log_capture import log
from argmin_solvers.proof.convexity import QuadraticQuestion
from argmin_solvers.proof.cp.answer import prove_quickly
from argmin_solvers.proof.process import prove_apart
from argmin_solvers.proof.prover import certify_at_once
from argmin_solvers.proof.quadratic import may_be_quadratic
from argmin_solvers.proof.question import Correction, CpQuestion, Proven, Question, Wish, claim
from argmin_solvers.text import shorten
from argmin_solvers.verify.base import CheckReason
from argmin_solvers.verify.cpsat import export_cpsat
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.verdict import Conclusion, conclude

LEAST_SECONDS = 5.0
SHARE_OF_SOLVE = 0.2
"""A proof takes at most the larger of these seconds and this share of the solve, unless told."""
QUICK_NONZEROS = 5_000
"""Models of at most this size are certified in the runner itself where that needs no solver."""
_PROVABLE = (Outcome.OPTIMAL, Outcome.INFEASIBLE, Outcome.UNBOUNDED)
_MESSAGE = 480


@dataclass(frozen=True)
class Judged:
    """An answer with its check and its proof; `certificate` is the content of proof.json."""

    solve: Solve
    verification: Verification
    proof: Proof | None = None
    certificate: Any = None


@dataclass(frozen=True)
class Circumstances:
    """What a proof is made under: who solved, for how long, and with how many threads."""

    solver: SolverName
    solve_seconds: float
    workdir: Path
    threads: int = 1


def judge_proof(
    declared: SolveTask, model: Any, conclusion: Conclusion, under: Circumstances, stop: Event
) -> Judged:
    """Prove a checked answer as well as it was asked for; never fails.

    Args:
        declared: says how well.
        model: what the solver was given.
        conclusion: the answer, checked, with the model that it was held against.
        under: who solved, and how.
        stop: set once the run is asked to stop: then the proof ends.
    """
    solve, verification = conclusion.solve, conclusion.verification
    if verification.verified is False or solve.outcome not in (*_PROVABLE, Outcome.FEASIBLE):
        return Judged(solve, verification)
    if not _is_provable(model, solve):
        return Judged(solve, verification, _claim_less(declared, solve, under))
    began = time.monotonic()
    proven = _prove_at_any_rate(declared, model, conclusion, under, stop)
    seconds = time.monotonic() - began
    log.info("proof: %s: %s", proven.level, proven.message)
    if proven.level is ProofLevel.CLAIMED and solve.reason is Reason.LOCALLY_OPTIMAL:
        return Judged(solve, verification, _claim_less(declared, solve, under))
    proof = Proof(
        level=proven.level,
        by=None if proven.by is None else shorten(proven.by, 63),
        bound=None if proven.bound is None else decimal_text(proven.bound),
        seconds=decimal_text(round(seconds, 3)),
        message=shorten(proven.message + _tell_tolerance(verification, proven), _MESSAGE),
    )
    return _judge(conclusion, proven, proof)


def _tell_tolerance(verification: Verification, proven: Proven) -> str:
    """What a certificate says nothing of: a point that holds by the check's tolerance alone."""
    largest = verification.largest_violation
    exact = largest is None or float(largest) == 0 or proven.correction is not None
    if exact or proven.level is not ProofLevel.CERTIFIED:
        return ""
    return f"; the point itself holds within the check's tolerance, by {float(largest or 0):.1g}"


def _is_provable(model: Any, solve: Solve) -> bool:
    """Whether an answer may be the best there is, by what it says or what the model is."""
    if solve.outcome in _PROVABLE or solve.reason is Reason.BETTER_POINT_KNOWN:
        return True
    local = solve.reason is Reason.LOCALLY_OPTIMAL and isinstance(model, NonlinearModel)
    return local and may_be_quadratic(model)


def _claim_less(declared: SolveTask, solve: Solve, under: Circumstances) -> Proof | None:
    """What stands behind an answer that is not called the best: its bound, by the solver's word."""
    level = declared.proof.level if declared.proof else None
    if solve.reason is Reason.LOCALLY_OPTIMAL and level not in (None, ProofLevel.CLAIMED):
        word = f"not {level}, as was asked for: a local optimum, and nothing is said of all points"
    elif solve.best_bound is not None:
        word = f"the bound is the word of {under.solver}"
    else:
        return None
    return Proof(level=ProofLevel.CLAIMED, by=str(under.solver), message=word)


def _prove_at_any_rate(
    declared: SolveTask, model: Any, conclusion: Conclusion, under: Circumstances, stop: Event
) -> Proven:
    """Prove; where that fails, for want of disk or memory for instance, the answer stands."""
    try:
        return _prove(declared, model, conclusion, under, stop)
    except Exception as error:  # noqa: BLE001 - told beside the answer, its traceback in the log
        log.warning("the proof failed", exc_info=True)
        what = shorten(f"{type(error).__name__}: {error}", _MESSAGE // 2)
        return claim(under.solver, f"the proof itself failed: {what}")


def _prove(
    declared: SolveTask, model: Any, conclusion: Conclusion, under: Circumstances, stop: Event
) -> Proven:
    asked = declared.proof or ProofRequest()
    if asked.level is ProofLevel.CLAIMED:
        return claim(under.solver, "spec.proof asks for no more")
    seconds = (
        asked.time.total_seconds()
        if asked.time
        else max(LEAST_SECONDS, SHARE_OF_SOLVE * under.solve_seconds)
    )
    if isinstance(model, CpSatModel):
        asked_of_cp = _ask_cp(declared, model, conclusion.solve, under, seconds)
        proven = prove_quickly(asked_of_cp, conclusion.original) or prove_apart(asked_of_cp, stop)
        return _tell_unreached(proven, asked, has_integers=False)
    if isinstance(conclusion.original, ExactModel):
        question = _ask(model, conclusion.original, conclusion.solve, under, asked, seconds)
        small = len(question.given.value) <= QUICK_NONZEROS
        at_once = certify_at_once(question) if small else None
        proven = at_once or prove_apart(question, stop)
        return _tell_unreached(proven, asked, bool(question.given.integers))
    if isinstance(model, NonlinearModel) and conclusion.solve.values is not None:
        values = conclusion.solve.values
        return prove_apart(QuadraticQuestion(model, values, seconds, under.workdir), stop)
    return claim(under.solver, "nothing can prove answers on a model of this kind")


def _tell_unreached(proven: Proven, asked: ProofRequest, has_integers: bool) -> Proven:
    """Say so where the level that was asked for was not reached."""
    if asked.level is not ProofLevel.CERTIFIED or proven.level is ProofLevel.CERTIFIED:
        return proven
    what = "; a model with integers is certified only where its relaxation settles it"
    message = f"not Certified, as was asked for: {proven.message}{what if has_integers else ''}"
    return replace(proven, message=message)


def _ask(
    model: Any,
    original: ExactModel,
    solve: Solve,
    under: Circumstances,
    asked: ProofRequest,
    seconds: float,
) -> Question:
    given = original.to_linear()
    assessed = original.assess([solve.values])[0] if solve.values is not None else None
    return Question(
        model=original,
        given=given,
        # A point that the check found in place of the solver's may be the best there is.
        outcome=Outcome.OPTIMAL if solve.outcome is Outcome.FEASIBLE else solve.outcome,
        solver=under.solver,
        refuted=under.solver if solve.outcome is Outcome.FEASIBLE else None,
        seconds=seconds,
        workdir=under.workdir,
        objective=None if assessed is None else Fraction(assessed.objective or 0),
        values=solve.values,
        unit=1.0 if assessed is None else assessed.unit,
        basis=_align(solve.basis, model, given),
        level=asked.level,
        second=asked.solver,
        threads=under.threads,
    )


def _ask_cp(
    declared: SolveTask, model: CpSatModel, solve: Solve, under: Circumstances, seconds: float
) -> CpQuestion:
    pool, asked = declared.solution_pool, declared.proof or ProofRequest()
    return CpQuestion(
        content=export_cpsat(model.model),
        # A point that the check found in place of the solver's may be the best there is.
        solve=replace(solve, outcome=Outcome.OPTIMAL) if solve.values else solve,
        enumerated=pool is not None and pool.enumerate_all,
        seconds=seconds,
        workdir=under.workdir,
        wish=Wish(asked.level, asked.solver, under.threads),
    )


def _align(basis: Basis | None, model: Any, given: LinearModel) -> Basis | None:
    """The basis in the order of the exact model; None where names do not tell which is which."""
    if basis is None or not isinstance(model, LinearModel):
        return None
    columns = _find_order(model.column_names, given.column_names)
    rows = _find_order(model.row_names, given.row_names)
    if columns is None or rows is None or len(basis.rows) != model.rows:
        return None
    return Basis(basis.columns[columns], basis.rows[rows])


def _find_order(ours: Sequence[str], theirs: Sequence[str]) -> Any:
    positions = {name: position for position, name in enumerate(ours)}
    if len(positions) != len(ours) or positions.keys() != set(theirs):
        return None
    return np.array([positions[name] for name in theirs], dtype=np.int64)


def _judge(conclusion: Conclusion, proven: Proven, proof: Proof) -> Judged:
    solve, verification = conclusion.solve, conclusion.verification
    if proven.correction is not None:
        return _correct(conclusion, proven, proven.correction, proof)
    if proven.disagreement is not None and proven.level is ProofLevel.CLAIMED:
        return _disagree(conclusion, proven.disagreement, proof)
    if solve.outcome is Outcome.FEASIBLE and proven.level is not ProofLevel.CLAIMED:
        bound = proven.bound if proven.bound is not None else solve.objective
        solve = replace(solve, outcome=Outcome.OPTIMAL, best_bound=bound)
        if solve.reason is Reason.LOCALLY_OPTIMAL:
            message = f"proven optimal: {proven.message}"
            solve = replace(solve, reason=Reason.OPTIMAL, message=message)
    elif solve.values is None:
        verification = _attest_claim(verification, proof)
    return Judged(solve, verification, proof, proven.certificate)


def _attest_claim(verification: Verification, proof: Proof) -> Verification:
    """The check of an answer without a point: it is as good as its proof."""
    if verification.verified or proof.level is ProofLevel.CLAIMED:
        return verification
    certified = proof.level is ProofLevel.CERTIFIED
    reason = CheckReason.PROVEN if certified else CheckReason.CROSS_CHECKED
    update = {"verified": True, "reason": reason, "message": proof.message}
    return verification.model_copy(update=update)


def _correct(
    conclusion: Conclusion, proven: Proven, correction: Correction, proof: Proof
) -> Judged:
    """The better point is the answer; optimal where something proves it."""
    first, original = conclusion.solve, conclusion.original
    assert original is not None
    assessed = original.assess([correction.values])[0]
    objective = None if assessed.objective is None else float(assessed.objective)
    optimal = proven.level is not ProofLevel.CLAIMED
    better = Solve(
        Outcome.OPTIMAL if optimal else Outcome.FEASIBLE,
        Reason.BETTER_POINT_KNOWN,
        f"{_tell(first)}, and {correction.said}",
        sense=original.sense,
        objective=objective,
        best_bound=_report_bound(objective, proven) if optimal else None,
        values=dict(correction.values),
        pool=(*first.pool, *correction.missing) if correction.missing else (),
        nodes=first.nodes,
        solutions=proven.solutions or (len(first.pool) + len(correction.missing)) or 1,
    )
    again = conclude(better, original, given=None, enumerated=bool(correction.missing))
    if optimal and again.solve.outcome is not Outcome.OPTIMAL:
        return Judged(again.solve, again.verification, _withdraw(proof, again.verification))
    return Judged(again.solve, again.verification, proof, proven.certificate)


def _withdraw(proof: Proof, verification: Verification) -> Proof:
    """What is left of a proof whose answer the check refutes: somebody's word."""
    message = shorten(f"the check refutes the proof: {verification.message}", _MESSAGE)
    return Proof(level=ProofLevel.CLAIMED, by=proof.by, seconds=proof.seconds, message=message)


def _report_bound(objective: float | None, proven: Proven) -> float | None:
    """The proven bound, or the objective where they are the same but for rounding."""
    if objective is None or proven.bound is None or is_noise(objective, proven.bound):
        return objective
    return proven.bound


def _tell(solve: Solve) -> str:
    if solve.outcome is Outcome.FEASIBLE:  # the check has put a better point in its place
        return solve.message or f"a solution with the objective {solve.objective!r} is known"
    return f"the solver says {_state(solve)}"


def _state(solve: Solve) -> str:
    if solve.outcome is Outcome.OPTIMAL:
        if solve.objective is None:
            return f"that there are {solve.solutions} solutions"
        return f"that {solve.objective!r} is the optimum"
    return f"that the model is {solve.outcome.lower()}"


def _disagree(conclusion: Conclusion, against: str, proof: Proof) -> Judged:
    """Two solvers contradict each other, and no point shows who is right: neither is believed."""
    solve = conclusion.solve
    has_point = solve.values is not None
    doubted = replace(
        solve,
        outcome=Outcome.FEASIBLE if has_point else Outcome.UNKNOWN,
        reason=Reason.SOLVERS_DISAGREE,
        message=f"{_tell(solve)}, and {against}",
        best_bound=None,
    )
    verification = conclusion.verification.model_copy(
        update={
            "verified": True if has_point else None,
            "reason": CheckReason.SOLVERS_DISAGREE,
            "message": shorten(doubted.message, 400),
        }
    )
    return Judged(doubted, verification, proof)
