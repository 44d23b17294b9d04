"""Constraints on literals, and those that list what is allowed."""

from __future__ import annotations

from typing import Any

from argmin_solvers.verify.cp.points import Amounts, Checker, Points, amounts, each


def _bool_or(constraint: Any, points: Points) -> Amounts:
    return amounts(~points.literals(constraint.bool_or.literals).any(axis=1))


def _bool_and(constraint: Any, points: Points) -> Amounts:
    return amounts((~points.literals(constraint.bool_and.literals)).sum(axis=1))


def _at_most_one(constraint: Any, points: Points) -> Amounts:
    true = points.literals(constraint.at_most_one.literals).sum(axis=1)
    return amounts((true - 1).clip(min=0))


def _exactly_one(constraint: Any, points: Points) -> Amounts:
    return amounts(abs(points.literals(constraint.exactly_one.literals).sum(axis=1) - 1))


def _bool_xor(constraint: Any, points: Points) -> Amounts:
    return amounts(points.literals(constraint.bool_xor.literals).sum(axis=1) % 2 == 0)


def _table(constraint: Any, points: Points) -> Amounts:
    table = constraint.table
    rows = points.table(table.exprs, table.vars)
    width = len(table.exprs) or len(table.vars)
    listed = list(table.values)
    tuples = {tuple(listed[at : at + width]) for at in range(0, len(listed), max(width, 1))}
    return amounts([(tuple(row) in tuples) == table.negated for row in rows])


def _automaton(constraint: Any, points: Points) -> Amounts:
    automaton = constraint.automaton
    heads = {
        (tail, label): head
        for tail, label, head in zip(
            automaton.transition_tail,
            automaton.transition_label,
            automaton.transition_head,
            strict=True,
        )
    }
    final = set(automaton.final_states)
    words = points.table(automaton.exprs, automaton.vars)

    def refused(number: int) -> float:
        state: int | None = automaton.starting_state
        for label in words[number]:
            state = None if state is None else heads.get((state, label))
        return float(state not in final)

    return each(points, refused)


def _inverse(constraint: Any, points: Points) -> Amounts:
    direct = points.table((), constraint.inverse.f_direct)
    inverse = points.table((), constraint.inverse.f_inverse)

    def wrong(number: int) -> float:
        there, back = direct[number], inverse[number]
        size = len(back)
        return float(sum(not (0 <= to < size and back[to] == at) for at, to in enumerate(there)))

    return each(points, wrong)


def _nothing(_constraint: Any, points: Points) -> Amounts:
    return each(points, lambda _number: 0.0)


CHECKERS: dict[str, Checker] = {
    "bool_or": _bool_or,
    "bool_and": _bool_and,
    "at_most_one": _at_most_one,
    "exactly_one": _exactly_one,
    "bool_xor": _bool_xor,
    "table": _table,
    "automaton": _automaton,
    "inverse": _inverse,
    "dummy_constraint": _nothing,
}
