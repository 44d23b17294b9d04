"""What an answer is worth once it is held against the original model.

The rules stand in the order in which they speak: an answer that breaks the model is an error, a
proof that a better point refutes is none, and only what passes them all is called verified.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from argmin.api.answer import Checked, Outcome, Reason, Sense, Verification
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.adapters.outcome import hold_against
from argmin_solvers.numerics import (
    BETTER_TOLERANCE,
    EVALUATION_TOLERANCE,
    NOISE,
    OBJECTIVE_TOLERANCE,
    decimal_text,
)
from argmin_solvers.text import shorten
from argmin_solvers.verify.base import Assessment, CheckReason, Original, Size

_MESSAGE = 400
_NAME = 128


@dataclass(frozen=True)
class Conclusion:
    """The solve as it may be reported, and what the check says of it.

    `original` is the model that it was held against; None where there was none to hold it against.
    """

    solve: Solve
    verification: Verification
    original: Original | None = None


def conclude(
    solve: Solve,
    original: Original,
    *,
    given: Size | None,
    difference: str | None = None,
    enumerated: bool,
) -> Conclusion:
    """Hold a solve against the original model.

    Args:
        solve: what the solver found, with a value of every variable.
        original: the model, rebuilt from its source.
        given: the size of the model that the solver was given; None where it is not compared.
        difference: the first number in which the two models differ.
        enumerated: whether the pool is to hold each solution once.

    Raises:
        UncheckableError: there is a constraint of an unknown kind.
    """
    concluded = _Judge(solve, original, enumerated).judge(given, difference)
    return replace(concluded, original=original)


def leave_unverified(solve: Solve, reason: CheckReason, message: str) -> Conclusion:
    """The conclusion where nothing can be checked: what is not verified is not called optimal."""
    verification = Verification(reason=reason, message=shorten(message, _MESSAGE))
    if solve.outcome is not Outcome.OPTIMAL:
        return Conclusion(solve, verification)
    message = f"the solver calls it optimal, and it could not be checked: {message}"
    doubted = replace(solve, outcome=Outcome.FEASIBLE, reason=Reason.UNVERIFIED, message=message)
    return Conclusion(doubted, verification)


class _Judge:
    """One solve and its model, with what was counted on the way."""

    def __init__(self, solve: Solve, original: Original, enumerated: bool) -> None:
        self._solve = solve
        self._original = original
        self._enumerated = enumerated
        self._points = _list_points(solve)
        self._assessments: list[Assessment] = []

    def judge(self, given: Size | None, difference: str | None) -> Conclusion:
        self._assessments = self._original.assess(self._points)
        return (
            self._find_violation()
            or self._find_difference(given, difference)
            or (self._judge_solution() if self._points else self._judge_claim())
        )

    def _judge_solution(self) -> Conclusion:
        return (
            self._find_wrong_objective()
            or self._find_equal_solutions()
            or self._find_contradiction()
            or self._find_better_point()
            or self._confirm()
        )

    # An answer that is wrong.

    def _find_violation(self) -> Conclusion | None:
        for assessment in self._assessments:
            if assessment.violation is not None:
                violation = assessment.violation
                return self._refuse(violation.reason, violation.message, assessment)
        return None

    def _find_difference(self, given: Size | None, difference: str | None) -> Conclusion | None:
        sense = self._original.sense
        if None not in (sense, self._solve.sense) and sense is not self._solve.sense:
            what = f"the source says {sense}, and the answer is one of {self._solve.sense}"
            return self._refuse(CheckReason.MODELS_DIFFER, what)
        own = self._original.size
        for what, ours, theirs in own.compare(given) if given else ():
            if ours != theirs:
                message = f"the source has {ours} {what}, and the solver was given {theirs}"
                return self._refuse(CheckReason.MODELS_DIFFER, message)
        if difference is not None:
            message = f"the solver was given another model than the source holds: {difference}"
            return self._refuse(CheckReason.MODELS_DIFFER, message)
        return None

    def _find_wrong_objective(self) -> Conclusion | None:
        computed, scale = self._assessments[0].objective, self._assessments[0].scale
        claimed = self._solve.objective
        if self._original.sense is None or computed is None:
            return None
        if claimed is None or not math.isfinite(claimed):
            what = f"its objective is {claimed}, and its values give {float(computed)!r}"
            return self._refuse(CheckReason.OBJECTIVE_DIFFERS, what)
        tolerance = EVALUATION_TOLERANCE if isinstance(computed, float) else OBJECTIVE_TOLERANCE
        if abs(float(Fraction(computed) - Fraction(claimed))) <= tolerance * scale:
            return None
        what = f"its objective is {claimed!r}, and its values give {float(computed)!r}"
        return self._refuse(CheckReason.OBJECTIVE_DIFFERS, what)

    def _find_equal_solutions(self) -> Conclusion | None:
        if not self._enumerated:
            return None
        names = list(self._points[0])  # each of them has these
        distinct = {tuple(map(solution.__getitem__, names)) for solution in self._solve.pool}
        twice = len(self._solve.pool) - len(distinct)
        if not twice:
            return None
        what = f"{twice} of the {len(self._solve.pool)} solutions are there twice"
        return self._refuse(CheckReason.EQUAL_SOLUTIONS, what)

    def _refuse(
        self, reason: CheckReason, message: str, worst: Assessment | None = None
    ) -> Conclusion:
        """An answer that is wrong is no answer."""
        wrong = Solve(
            Outcome.ERROR,
            Reason.WRONG_ANSWER,
            f"the solver's answer is wrong: {message}",
            sense=self._solve.sense,
            nodes=self._solve.nodes,
        )
        return Conclusion(wrong, self._verification(False, reason, message, worst))

    # A solution that is one, and a proof that is none.

    def _find_contradiction(self) -> Conclusion | None:
        """A bound that the objective beats, or does not meet where it is called optimal."""
        objective, bound = self._solve.objective, self._solve.best_bound
        if self._original.sense is None or objective is None:
            return None
        unit = self._assessments[0].unit
        standing = hold_against(objective, bound, self._original.sense is Sense.MAXIMIZE, unit)
        if standing.contradictory:
            message = f"the objective {objective!r} is better than the bound {bound!r}"
            return self._doubt(CheckReason.BOUND_CONTRADICTED, message)
        if self._solve.outcome is Outcome.OPTIMAL and not standing.proven:
            message = f"the bound {bound!r} does not meet the objective {objective!r}"
            return self._doubt(CheckReason.BOUND_CONTRADICTED, message)
        return None

    def _find_better_point(self) -> Conclusion | None:
        """A solution that is better than the bound says any can be."""
        bound, values = self._solve.best_bound, self._solve.values
        if self._original.sense is None or bound is None or values is None:
            return None
        found = self._best_beyond(bound, self._points[1:], self._assessments[1:])
        if found is None:
            candidates = list(self._original.known_points())
            if self._solve.outcome is Outcome.OPTIMAL:
                candidates += self._original.neighbours(values)
            assessed = self._original.assess(candidates)
            found = self._best_beyond(bound, candidates, assessed)
        if found is None:
            return None
        better, point = found
        changed = [name for name in point if point[name] != values[name]]
        where = f", {changed[0]} = {point[changed[0]]!r}" if len(changed) == 1 else ""
        message = (
            f"the solver's bound is {bound!r}, and a solution with the objective {better!r} is"
            f" known{where}"
        )
        return self._take_better(point, better, message)

    def _take_better(self, point: Solution, objective: float, message: str) -> Conclusion:
        """The better point is the answer; what the solver says of all others does not stand."""
        solve = Solve(
            Outcome.FEASIBLE,
            Reason.BETTER_POINT_KNOWN,
            message,
            sense=self._original.sense,
            objective=objective,
            values=dict(point),
            nodes=self._solve.nodes,
            solutions=1,
        )
        self._points = [point]
        self._assessments = self._original.assess(self._points)
        what = f"the solution holds, and is not the solver's: {message}"
        return Conclusion(
            solve,
            self._verification(True, CheckReason.BETTER_POINT_KNOWN, what, self._worst()),
        )

    def _best_beyond(
        self, bound: float, points: Sequence[Solution], assessments: Sequence[Assessment]
    ) -> tuple[float, Solution] | None:
        direction = 1.0 if self._original.sense is Sense.MAXIMIZE else -1.0
        unit = self._assessments[0].unit
        better = [
            (float(assessment.objective), point)
            for point, assessment in zip(points, assessments, strict=True)
            if assessment.violation is None
            and assessment.objective is not None
            and direction * (float(assessment.objective) - bound)
            > BETTER_TOLERANCE * max(min(unit, assessment.unit), abs(bound))
        ]
        return max(better, key=lambda found: direction * found[0]) if better else None

    def _doubt(self, reason: CheckReason, message: str) -> Conclusion:
        """The solution stands and is told as such; what was said of all others does not."""
        feasible = replace(
            self._solve,
            outcome=Outcome.FEASIBLE,
            reason=Reason.SOLVER_STOPPED,
            message=f"the solver's bound proves nothing: {message}",
            best_bound=None,
        )
        message = f"the solution holds, and nothing proves it the best: {message}"
        return Conclusion(feasible, self._verification(True, reason, message))

    def _confirm(self) -> Conclusion:
        size = self._original.size
        message = (
            f"{size.constraints} constraints and {size.variables} variables hold"
            f" {self._original.METHOD}"
        )
        if len(self._points) > 1:
            message += f", in each of {len(self._points)} solutions"
        left = (self._solve.solutions or 0) - len(self._points)
        if self._enumerated and left > 0:
            message += f"; {left} more were counted and not kept, so not checked"
        return Conclusion(
            self._solve, self._verification(True, CheckReason.VERIFIED, message, self._worst())
        )

    # No solution, and a claim about all of them.

    def _judge_claim(self) -> Conclusion:
        if self._solve.outcome is Outcome.INFEASIBLE:
            return self._judge_infeasible()
        if self._solve.outcome is Outcome.UNBOUNDED:
            return self._judge_unbounded()
        message = "no solution was found: there is nothing to check"
        return self._keep(None, CheckReason.NOTHING_TO_CHECK, message)

    def _known_solution(self) -> Solution | None:
        points = list(self._original.known_points())
        assessed = zip(points, self._original.assess(points), strict=True)
        return next((point for point, found in assessed if _holds_clearly(found)), None)

    def _judge_infeasible(self) -> Conclusion:
        known = self._known_solution()
        if known is not None:
            message = (
                "the solver says infeasible, and a start or an end of the bounds is a solution"
            )
            objective = self._original.assess([known])[0].objective
            return self._take_better(known, float(objective or 0), message)
        proof = self._original.disprove_solutions()
        if proof is not None:
            return self._keep(True, CheckReason.PROVEN, proof)
        message = "not checked: no certificate of infeasibility"
        return self._keep(None, CheckReason.NO_CERTIFICATE, message)

    def _judge_unbounded(self) -> Conclusion:
        refutation = self._original.disprove_unbounded()
        if refutation is not None:
            message = f"the solver says unbounded, and {refutation}"
            return self._refuse(CheckReason.CLAIM_REFUTED, message)
        solution = self._known_solution()
        ray = None if solution is None else self._original.prove_ray(solution)
        if ray is not None:
            message = f"variable {ray} improves the objective of a solution without end"
            return self._keep(True, CheckReason.PROVEN, message)
        message = "not checked: no certificate of unboundedness"
        return self._keep(None, CheckReason.NO_CERTIFICATE, message)

    def _keep(self, verified: bool | None, reason: CheckReason, message: str) -> Conclusion:
        return Conclusion(self._solve, self._verification(verified, reason, message))

    def _worst(self) -> Assessment | None:
        measured = [found for found in self._assessments if found.largest is not None]
        return max(measured, key=lambda found: found.largest or 0.0, default=None)

    def _verification(
        self,
        verified: bool | None,
        reason: CheckReason,
        message: str,
        worst: Assessment | None = None,
    ) -> Verification:
        size, worst = self._original.size, worst or self._worst()
        largest = None if worst is None or worst.largest is None else decimal_text(worst.largest)
        return Verification(
            verified=verified,
            reason=reason,
            message=shorten(message, _MESSAGE),
            largest_violation=largest,
            where=None if worst is None or not worst.where else shorten(worst.where, _NAME),
            checked=Checked(
                variables=size.variables,
                constraints=size.constraints,
                solutions=len(self._points),
            ),
        )


def _list_points(solve: Solve) -> list[Solution]:
    """The answer, and what else is in the pool, where the answer most often is as well."""
    if solve.values is None:
        return []
    return [solve.values, *(solution for solution in solve.pool if solution != solve.values)]


def _holds_clearly(assessment: Assessment) -> bool:
    """Whether a point is a solution whatever a solver tolerates."""
    return assessment.violation is None and (assessment.largest or 0.0) <= NOISE
