"""Holds what was told of a model against each other and, where it differs, against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from tests.hunt.asking import Claim, Told
from tests.hunt.cases import Case, Holding
from tests.hunt.referee import Truth

TOLERANCE = Fraction("2e-6")
"""Of objectives, relative to their unit: each of the two may be off by argmin's own 1e-6."""

_CLAIMS = (Outcome.OPTIMAL, Outcome.INFEASIBLE, Outcome.UNBOUNDED)
_STRONG = (ProofLevel.CERTIFIED, ProofLevel.CROSS_CHECKED)


class Verdict(StrEnum):
    """What a word is worth."""

    RIGHT = "right"
    WITHIN = "right within tolerances"  # a point that needs them is better than any exact one
    WRONG = "wrong"
    UNDECIDED = "undecided"  # the exact search did not end
    NOTHING = "nothing was claimed"


@dataclass(frozen=True)
class Judged:
    """One answer: what was told, what the solver itself claimed, and why it is wrong."""

    told: Told
    verdict: Verdict
    claim: Verdict
    why: str = ""

    @property
    def told_wrongly(self) -> bool:
        """Whether it is wrong and was called proven: what must never be."""
        return self.verdict is Verdict.WRONG and self.told.level in _STRONG

    @property
    def claimed_wrongly(self) -> bool:
        """Whether it is wrong, and was told as the solver's word alone."""
        return self.verdict is Verdict.WRONG and self.told.level not in _STRONG

    @property
    def caught(self) -> bool:
        """Whether a solver's wrong word was not passed on."""
        return self.claim is Verdict.WRONG and self.verdict is not Verdict.WRONG

    @property
    def failed(self) -> bool:
        """Whether there is no answer, though the solver's word was not wrong."""
        error = self.told.outcome is Outcome.ERROR and not self.told.refused
        return error and not self.caught


@dataclass(frozen=True)
class Judgement:
    """All answers to one model; `differ` where they cannot all be right."""

    judged: tuple[Judged, ...]
    differ: bool
    truth: Truth | None = None


def judge(case: Case, told: Sequence[Told], *, audit: bool = False) -> Judgement:
    """Compare the answers; settle the model exactly where they differ, or for an audit."""
    holdings = [None if one.values is None else case.hold(one) for one in told]
    differ = _differ(case, told, holdings)
    if not (differ or audit):
        return Judgement(tuple(_agreed(one) for one in told), False)
    truth = case.settle()
    if truth is None and not differ:
        return Judgement(tuple(_agreed(one) for one in told), False)
    witness = _best_witness(case, told, holdings) if truth is None else None
    bench = _Bench(case, truth, witness)
    judged = tuple(bench.judge(*pair) for pair in zip(told, holdings, strict=True))
    return Judgement(judged, differ, truth)


def _agreed(told: Told) -> Judged:
    verdict = Verdict.RIGHT if told.outcome in _CLAIMS else Verdict.NOTHING
    return Judged(told, verdict, Verdict.RIGHT)


def _differ(case: Case, told: Sequence[Told], holdings: Sequence[Holding | None]) -> bool:
    claims = [one.answer for one in told]
    claims += [one.claim for one in told if one.claim is not None]
    kinds = {claim.outcome for claim in claims if claim.outcome in _CLAIMS}
    if len(kinds) > 1 or _any_broken(told, holdings):
        return True
    points = [held for held in holdings if held is not None]
    if points and kinds - {Outcome.OPTIMAL, Outcome.UNBOUNDED}:
        return True
    sums = [held.objective for held in points if held.objective is not None]
    sums += [Fraction(c.objective) for c in claims if c.objective is not None]
    proven = [Fraction(c.objective) for c in claims if _is_optimal(c) and c.objective is not None]
    proven += [Fraction(claim.bound) for claim in claims if claim.bound is not None]
    sign = -1 if case.maximize else 1
    return any(
        sign * (bound - other) > TOLERANCE * case.unit_at(bound)
        for bound in proven
        for other in sums
    ) or (Outcome.UNBOUNDED in kinds and bool(proven))


def _is_optimal(claim: Claim) -> bool:
    return claim.outcome is Outcome.OPTIMAL


def _any_broken(told: Sequence[Told], holdings: Sequence[Holding | None]) -> bool:
    return any(
        one.values is not None and (held is None or not held.tolerable)
        for one, held in zip(told, holdings, strict=True)
    )


def _best_witness(
    case: Case, told: Sequence[Told], holdings: Sequence[Holding | None]
) -> Fraction | None:
    """The best objective of exact solutions near what was told."""
    found = [
        objective
        for one, held in zip(told, holdings, strict=True)
        if held is not None and (objective := case.witness(one)) is not None
    ]
    if not found:
        return None
    return max(found) if case.maximize else min(found)


class _Bench:
    """Judges claims about one model, by its truth or, without it, by a witness against them."""

    def __init__(self, case: Case, truth: Truth | None, witness: Fraction | None) -> None:
        self._case = case
        self._truth = truth
        self._sign = -1 if case.maximize else 1
        self._witness = witness

    def judge(self, told: Told, held: Holding | None) -> Judged:
        """One answer and the claim behind it."""
        claim, _ = (Verdict.NOTHING, "") if told.claim is None else self._judge(told.claim, held)
        if told.values is not None and (held is None or not held.tolerable):
            where = "a value is missing" if held is None else f"{held.where} is violated"
            return Judged(told, Verdict.WRONG, claim, where)
        verdict, why = self._judge(told.answer, held)
        count = None if self._truth is None else self._truth.solutions
        if told.enumerated and count not in (None, told.solutions):
            why = f"there are {count} solutions, not {told.solutions}"
            return Judged(told, Verdict.WRONG, claim, why)
        return Judged(told, verdict, claim, why)

    def _judge(self, claim: Claim, held: Holding | None) -> tuple[Verdict, str]:
        if claim.outcome is Outcome.OPTIMAL:
            return self._judge_optimal(claim, held)
        if claim.outcome in (Outcome.INFEASIBLE, Outcome.UNBOUNDED):
            return self._judge_absence(claim.outcome)
        best = self._best
        bound = None if claim.bound is None else Fraction(claim.bound)
        if bound is not None and best is not None and self._beats(best, bound):
            return Verdict.WRONG, f"{float(best)!r} is better than the bound"
        return Verdict.NOTHING, ""

    @property
    def _best(self) -> Fraction | None:
        """The best objective that is known of an exact solution."""
        return self._witness if self._truth is None else self._truth.objective

    def _beats(self, one: Fraction, other: Fraction) -> bool:
        return self._sign * (other - one) > TOLERANCE * self._case.unit_at(one)

    def _judge_optimal(self, claim: Claim, held: Holding | None) -> tuple[Verdict, str]:
        truth, best = self._truth, self._best
        objective = None if claim.objective is None else Fraction(claim.objective)
        tolerated = Verdict.WITHIN if held is not None and held.tolerable else Verdict.WRONG
        if truth is not None and truth.outcome is Outcome.INFEASIBLE:
            return tolerated, "it is infeasible in exact arithmetic"
        if truth is not None and truth.outcome is Outcome.UNBOUNDED:
            return Verdict.WRONG, "it is unbounded"
        if objective is not None and best is not None:
            if self._beats(best, objective):
                return Verdict.WRONG, f"{float(best)!r} is better"
            if truth is not None and self._beats(objective, best):
                return tolerated, f"{float(best)!r} is the best in exact arithmetic"
        return (Verdict.UNDECIDED if truth is None else Verdict.RIGHT), ""

    def _judge_absence(self, outcome: Outcome) -> tuple[Verdict, str]:
        truth = self._truth
        if truth is None:
            if outcome is Outcome.INFEASIBLE and self._witness is not None:
                return Verdict.WRONG, f"there is a solution, with {float(self._witness)!r}"
            return Verdict.UNDECIDED, ""
        if truth.outcome is outcome:
            return Verdict.RIGHT, ""
        number = "" if truth.objective is None else f" with {float(truth.objective)!r}"
        return Verdict.WRONG, f"the right answer is {truth.outcome}{number}"
