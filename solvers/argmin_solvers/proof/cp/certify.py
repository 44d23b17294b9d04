"""Certificates by a complete search of argmin's own: exact, and no solver's word in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from argmin.api.solve.proof import ProofLevel
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.proof.cp.claim import Claim, CpProof, is_better, name, order
from argmin_solvers.proof.cp.problem import Problem, pose
from argmin_solvers.proof.cp.search import Clock, Search
from argmin_solvers.verify.cpsat import CpSatOriginal

METHOD = "complete search"
MOST_MISSING = 1000
"""So many solutions that an enumeration misses are told, of all that are counted."""
_BATCH = 512


def certify(original: CpSatOriginal, solve: Solve, claim: Claim, clock: Clock) -> CpProof | None:
    """Search all points for one that refutes a claim.

    Returns:
        A certificate, or what refutes the claim; None where the search was not closed in time and
        nothing was found, or where the model is beyond it.
    """
    problem = pose(original.proto)
    if problem is None:
        return None
    if claim is Claim.ALL:
        return _certify_all(original, problem, solve, clock)
    if claim is Claim.EMPTY and problem.objective is None:
        return _certify_empty(original, problem, clock)
    return _certify_best(original, problem, solve.values, clock)


# No solution, where there is no objective.


def _certify_empty(original: CpSatOriginal, problem: Problem, clock: Clock) -> CpProof | None:
    search = Search(problem, clock)
    values = search.find()
    if values is None:
        return _tell_none(search) if search.closed else None
    point = name(original, values)
    if original.assess([point])[0].violation is not None:
        return None
    return CpProof(
        ProofLevel.CERTIFIED,
        "the solver says infeasible, and a solution was found that holds on integers",
        by=METHOD,
        better=point,
        certificate=_certificate(search, "a solution"),
    )


def _tell_none(search: Search) -> CpProof:
    message = (
        f"argmin's own search of all points, on integers, found no solution: {_size(search.nodes)}"
    )
    certificate = _certificate(search, "no solution")
    return CpProof(ProofLevel.CERTIFIED, message, by=METHOD, certificate=certificate)


# Nothing better.


def _certify_best(
    original: CpSatOriginal, problem: Problem, answer: Solution | None, clock: Clock
) -> CpProof | None:
    """Branch and bound, from the answer on; without one, from nothing."""
    assert problem.objective is not None
    search, objective = Search(problem, clock), problem.objective
    best, inner = answer, None
    if answer is not None:
        inner = objective.inner_at(order(original, answer))
        search.limit(inner - 1)
    while (values := search.find()) is not None:
        point = name(original, values)
        if original.assess([point])[0].violation is not None:
            return None  # beyond what the check takes: nothing is proven
        best, inner = point, objective.inner_at(values)
        search.limit(inner - 1)
    if best is None or inner is None:
        return _tell_none(search) if search.closed else None
    refuted = answer is None or is_better(original, best, answer)
    bound = objective.outer(inner) if search.closed else None
    if not refuted:
        return _tell_best(search, bound) if bound is not None else None
    return _tell_better(search, bound, best, answer)


def _tell_best(search: Search, bound: Fraction) -> CpProof:
    return CpProof(
        ProofLevel.CERTIFIED,
        "argmin's own search of all points, on integers, found nothing better:"
        f" {_size(search.nodes)}",
        by=METHOD,
        bound=bound,
        certificate=_certificate(search, "nothing better", bound=str(bound)),
    )


def _tell_better(
    search: Search, bound: Fraction | None, best: Solution, answer: Solution | None
) -> CpProof:
    said = "infeasible" if answer is None else "optimal"
    message = f"the solver says {said}, and a {'better ' if answer else ''}solution was found"
    if bound is None:
        return CpProof(ProofLevel.CLAIMED, f"{message}, of which nothing is proven", better=best)
    return CpProof(
        ProofLevel.CERTIFIED,
        f"{message}: argmin's own search of all points proves it the best",
        by=METHOD,
        bound=bound,
        better=best,
        certificate=_certificate(search, "nothing better", bound=str(bound)),
    )


# No other solutions.


@dataclass
class _Census:
    """The points that a search comes to, beside those that were kept."""

    original: CpSatOriginal
    kept: set[tuple[int, ...]]
    met: int = 0
    others: int = 0
    missing: list[Solution] = field(default_factory=list)

    def take(self, points: Iterator[list[int]]) -> None:
        """Count all points; those that were not kept once they hold."""
        while batch := list(islice(points, _BATCH)):
            strangers = [values for values in batch if tuple(values) not in self.kept]
            self.met += len(batch) - len(strangers)
            named = [name(self.original, values) for values in strangers]
            for point, found in zip(named, self.original.assess(named), strict=True):
                if found.violation is None:
                    self.others += 1
                    if len(self.missing) < MOST_MISSING:
                        self.missing.append(point)


def _certify_all(
    original: CpSatOriginal, problem: Problem, solve: Solve, clock: Clock
) -> CpProof | None:
    pool = solve.pool or (() if solve.values is None else (solve.values,))
    if any(found.violation is not None for found in original.assess(pool)):
        return None
    census = _Census(original, {tuple(order(original, point)) for point in pool})
    search = Search(problem, clock)
    census.take(search.points())
    claimed = solve.solutions or len(census.kept)
    if search.closed and census.met == len(census.kept):
        return _conclude(search, census, claimed)
    if census.others > max(0, claimed - len(census.kept)):
        return CpProof(
            ProofLevel.CLAIMED,
            f"the solver says that it found all {claimed} solutions, and there are more",
            better=census.missing[0],
            missing=tuple(census.missing),
        )
    return None


def _conclude(search: Search, census: _Census, claimed: int) -> CpProof:
    total = census.met + census.others
    certificate = _certificate(search, "all solutions", solutions=total)
    if total == claimed:
        return CpProof(
            ProofLevel.CERTIFIED,
            f"argmin's own search of all points, on integers, found these {total} solutions and"
            f" no other: {_size(search.nodes)}",
            by=METHOD,
            certificate=certificate,
            solutions=total,
        )
    said = f"the solver says that it found all {claimed} solutions"
    counted = f"argmin's own search of all points found {total}"
    if total < claimed:
        return CpProof(
            ProofLevel.CLAIMED, f"{said}, and {counted}", solutions=total, disagreement=counted
        )
    return CpProof(
        ProofLevel.CERTIFIED,
        f"{said}, and {counted}",
        by=METHOD,
        certificate=certificate,
        better=census.missing[0],
        missing=tuple(census.missing),
        solutions=total,
    )


def _size(nodes: int) -> str:
    return f"{nodes} node{'' if nodes == 1 else 's'}"


def _certificate(search: Search, shown: str, **more: object) -> dict[str, object]:
    known = {"version": 1, "kind": METHOD, "shown": shown, "arithmetic": "integers"}
    return {**known, "nodes": search.nodes, **more}
