"""How well an answer on a linear model can be proven in some seconds.

What settles it cheaply comes first: the certificate of the relaxation, then a second solver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Settings, Solution
from argmin_solvers.errors import RunError
from argmin_solvers.proof.certificate import find_parity, minimised, round_bound
from argmin_solvers.proof.document import (
    round_safely,
    write_bound,
    write_infeasible,
    write_unbounded,
)
from argmin_solvers.proof.linear import (
    Bounded,
    Clock,
    bound_by_basis,
    bound_by_variables,
    bound_objective,
    disprove,
    find_direction,
    find_vertex,
)
from argmin_solvers.proof.question import Correction, Proven, Question, claim
from argmin_solvers.proof.second_solver import (
    LINEAR,
    Look,
    Searcher,
    choose_solvers,
    look_again,
    name_point,
    search,
)
from argmin_solvers.verify.exact import ExactModel

_MOST_CORRECTIONS = 4
"""So often a better point is taken for the answer."""
_CERTIFICATE_SHARE = 0.5
"""Of the time, that a certificate of a model with integers may take: the rest is the second's."""


def prove(question: Question, searcher: Searcher = search) -> Proven:
    """Prove an answer as well as its time allows.

    Args:
        question: an answer that is `Optimal`, `Infeasible` or `Unbounded`.
        searcher: what runs the second solver.
    """
    return _Prover(question, searcher, Clock(question.seconds)).prove()


@dataclass(frozen=True)
class _Prover:
    question: Question
    searcher: Searcher
    clock: Clock

    def prove(self) -> Proven:
        outcome = self.question.outcome
        certify = {
            Outcome.OPTIMAL: self._certify_optimum,
            Outcome.INFEASIBLE: self._certify_infeasible,
            Outcome.UNBOUNDED: self._certify_unbounded,
        }[outcome]
        return certify() or self._ask_others()

    @property
    def _has_integers(self) -> bool:
        return bool(self.question.given.integers)

    def _share(self) -> Clock:
        return Clock(self.clock.left * (_CERTIFICATE_SHARE if self._has_integers else 1.0))

    # Certificates.

    def _certify_optimum(self) -> Proven | None:
        question, clock = self.question, self._share()
        start = question.basis
        if self._has_integers and not self._may_meet(clock):
            return None
        return _certify_bound(
            question, bound_objective(question.model, start, question.is_met_by, clock)
        )

    def _may_meet(self, clock: Clock) -> bool:
        """Whether the relaxation's optimum, in doubles, reaches the objective."""
        vertex = find_vertex(self.question.model, clock)
        if not vertex.optimal:
            return False
        constant = minimised(self.question.model, self.question.model.offset)
        near = Fraction(vertex.objective) + constant + self.question.tolerance
        return self.question.is_met_by(near)

    def _certify_infeasible(self) -> Proven | None:
        model = self.question.model
        at_once = _disprove_at_once(self.question)
        if at_once is not None:
            return at_once
        found = disprove(model, self._share())
        if found is None:
            return None
        return Proven(
            ProofLevel.CERTIFIED,
            "exact Farkas multipliers",
            "a combination of the constraints in exact arithmetic contradicts the bounds",
            certificate=write_infeasible(model, found.multipliers),
        )

    def _certify_unbounded(self) -> Proven | None:
        model = self.question.model
        direction = find_direction(model, self._share())
        if direction is None:
            return None
        point = self._find_point()
        if point is None:
            return None
        return Proven(
            ProofLevel.CERTIFIED,
            "exact ray",
            "from a feasible point on, the objective improves along an exact ray without end",
            certificate=write_unbounded(model, direction, point),
        )

    def _find_point(self) -> Solution | None:
        """A point that satisfies the exact model, where a solver finds one."""
        question = self.question
        for solver in (SolverName.HIGHS, SolverName.SCIP):
            settings = Settings(workdir=question.workdir, seconds=max(0.1, self.clock.left))
            try:
                finding = self.searcher(solver, question.given.without_objective(), settings)
            except RunError:
                continue
            point = None if finding.values is None else name_point(question, finding)
            if point is not None and question.model.assess([point])[0].violation is None:
                return point
        return None

    # A second solver.

    def _ask_others(self) -> Proven:
        question = self.question
        correction = self._improve_by_vertex()
        if correction is not None:
            return self._correct(correction)
        if question.level is ProofLevel.CERTIFIED:
            return claim(
                question.solver, "no certificate was found, and no second solver asked for"
            )
        looks: list[Look] = []
        for solver in choose_solvers(question):
            if self.clock.left <= 0 or (looks and self.clock.left < 0.3 * question.seconds):
                break
            look = look_again(question, solver, self.clock.left, self.searcher)
            if look.confirms:
                return self._confirm(look, looks)
            if look.correction is not None:
                return self._correct(look.correction)
            looks.append(look)
        against = next((look.said for look in looks if look.contradicts), None)
        why = "; ".join(look.said for look in looks) or self._explain_nobody()
        return replace(claim(question.solver, why), disagreement=against)

    def _explain_nobody(self) -> str:
        second = self.question.second
        if second is not None and second not in LINEAR:
            return f"spec.proof.solver: {second} takes no linear model"
        if second is not None:
            return f"{second} is of the same family, which is no second look"
        return "there was no time for a second solver"

    def _confirm(self, look: Look, before: list[Look]) -> Proven:
        bound = None if look.bound is None else round_safely(self.question.model, look.bound)
        unsure = "".join(f"; {other.said}" for other in before)
        message = f"{look.said}, searching the whole model{unsure}"
        record = {"version": 1, "kind": "search", "by": str(look.solver), "statement": message}
        return Proven(ProofLevel.CROSS_CHECKED, str(look.solver), message, bound, record)

    def _improve_by_vertex(self) -> Correction | None:
        """A better point of the relaxation with the integers of the answer fixed, if there is."""
        question = self.question
        if question.outcome is not Outcome.OPTIMAL or question.values is None:
            return None
        if question.given.integers == question.given.columns:
            return None
        fixed = _fix_integers(question)
        vertex = find_vertex(fixed, self._share())
        if not vertex.optimal:
            return None
        values = vertex.values[: question.given.columns]
        named = dict(zip(fixed.names, values.tolist(), strict=True))
        point = {name: named[name] for name in question.given.column_names}
        assessment = question.model.assess([point])[0]
        if assessment.violation is not None or assessment.objective is None:
            return None
        objective = Fraction(assessment.objective)
        if minimised(question.model, objective) >= question.target:
            return None
        said = f"highs found a point with the objective {float(objective)!r}"
        return Correction(point, SolverName.HIGHS, said)

    def _correct(self, correction: Correction) -> Proven:
        """The better answer, proven as well as the rest of the time allows."""
        question = self.question
        assessment = question.model.assess([correction.values])[0]
        better = replace(
            question,
            outcome=Outcome.OPTIMAL,
            solver=correction.by,
            refuted=question.refuted or question.solver,
            corrections=question.corrections + 1,
            objective=Fraction(assessment.objective or 0),
            values=correction.values,
            unit=assessment.unit,
            basis=None,
            seconds=self.clock.left,
        )
        if better.corrections > _MOST_CORRECTIONS or not self.clock.left:
            return replace(
                claim(better.solver, "there was no time to prove it"), correction=correction
            )
        proven = _Prover(better, self.searcher, self.clock).prove()
        return proven if proven.correction else replace(proven, correction=correction)


def certify_at_once(question: Question) -> Proven | None:
    """The certificate that needs no solver: by the bounds of the variables, or a basis at hand."""
    if question.outcome is Outcome.INFEASIBLE:
        return _disprove_at_once(question)
    if question.outcome is not Outcome.OPTIMAL:
        return None
    by_bounds = _certify_bound(question, bound_by_variables(question.model))
    if by_bounds is not None or question.basis is None:
        return by_bounds
    return _certify_bound(question, bound_by_basis(question.model, question.basis))


def _disprove_at_once(question: Question) -> Proven | None:
    trivial = question.model.disprove_solutions()
    if trivial is not None:
        return Proven(ProofLevel.CERTIFIED, "bounds of the variables", trivial)
    row = find_parity(question.model)
    if row is None:
        return None
    message = f"the divisor of equation {row} does not divide its side"
    return Proven(ProofLevel.CERTIFIED, "divisibility", message)


def _certify_bound(question: Question, found: Bounded | None) -> Proven | None:
    if found is None:
        return None
    bound = round_bound(question.model, found.bound)
    if bound < question.target:
        return None
    return Proven(
        ProofLevel.CERTIFIED,
        "exact dual bound",
        "a dual bound in exact arithmetic meets the objective",
        bound=round_safely(question.model, bound),
        certificate=write_bound(question.model, found.multipliers, bound),
    )


def _fix_integers(question: Question) -> ExactModel:
    """The model with its integer variables fixed at the answer's values."""
    values = question.values or {}
    variables = [
        replace(
            variable, lower=Fraction(values[variable.name]), upper=Fraction(values[variable.name])
        )
        if variable.integer
        else variable
        for variable in question.model.variables
    ]
    return replace(question.model, variables=variables)
