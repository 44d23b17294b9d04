"""The meaning of constraints in rows and choices, where they can say it exactly.

Written apart from the check of `verify.cp`, against which it is tested at every point of small
models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from argmin_solvers.proof.cp.rows import (
    Affine,
    Choice,
    Different,
    Literal,
    Row,
    affine,
    at_least,
    at_most,
    count,
    equal,
    literals,
    unequal,
    weigh,
    within,
)

LARGEST_PAIRING = 100
"""So many expressions, or intervals, are compared two by two at most."""
LARGEST_TABLE = 20_000
"""Tables of at most so many numbers are choices between their tuples."""

Enforced = tuple[Literal, ...]


@dataclass(frozen=True)
class Meaning:
    """Rows, choices and differences that all hold where, and only where, the constraint does.

    Where `exact` is False they hold wherever the constraint does, and say less.
    """

    rows: tuple[Row, ...] = ()
    choices: tuple[Choice, ...] = ()
    different: tuple[Different, ...] = ()
    exact: bool = True


def state(proto: Any, constraint: Any) -> Meaning:
    """What a constraint of a CpModelProto means; nothing, not exact, where rows cannot say it."""
    kind = constraint.WhichOneof("constraint")
    if kind is None:  # it says nothing
        return Meaning()
    stated = _STATED.get(kind)
    if stated is None:
        return Meaning(exact=False)
    return stated(proto, constraint, literals(constraint.enforcement_literal))


def _say_linear(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    linear = constraint.linear
    return Meaning((within(weigh(linear.vars, linear.coeffs), linear.domain, enforced),))


def _say_or(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    return Meaning((at_least(count(literals(constraint.bool_or.literals)), 1, enforced),))


def _say_and(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    return Meaning(
        tuple(equal(count([one]), 1, enforced) for one in literals(constraint.bool_and.literals))
    )


def _say_xor(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    total = _count(constraint.bool_xor.literals)
    numbers = range(1, len(constraint.bool_xor.literals) + 1, 2)
    odd = [end for number in numbers for end in (number, number)]
    return Meaning((within(total, odd, enforced),))


def _say_at_most_one(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    return Meaning((at_most(_count(constraint.at_most_one.literals), 1, enforced),))


def _say_exactly_one(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    return Meaning((equal(_count(constraint.exactly_one.literals), 1, enforced),))


def _count(references: Any) -> Affine:
    """How many hold; a literal that is written twice is two."""
    return count(one for reference in references for one in literals([reference]))


def _say_different(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    expressions = tuple(affine(expression) for expression in constraint.all_diff.exprs)
    different = Different(enforced, expressions)
    if all(len(expression.terms) <= 1 for expression in expressions):
        return Meaning(different=(different,))
    if len(expressions) > LARGEST_PAIRING:
        return Meaning(exact=False)
    return Meaning(pair(different), different=(different,))


def pair(different: Different) -> tuple[Row, ...]:
    """The rows by which each two of some expressions differ."""
    pairs = combinations(different.expressions, 2)
    return tuple(unequal(one.minus(other), 0, different.enforced) for one, other in pairs)


def _say_maximum(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    target = affine(constraint.lin_max.target)
    differences = [target.minus(affine(one)) for one in constraint.lin_max.exprs]
    reached = tuple((at_most(difference, 0),) for difference in differences)
    return Meaning(
        tuple(at_least(difference, 0, enforced) for difference in differences),
        (Choice(enforced, reached),),
    )


def _say_element(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    element = constraint.element
    if element.vars:  # the older form, on variables
        index, target = weigh([element.index], [1]), weigh([element.target], [1])
        entries = [weigh([number], [1]) for number in element.vars]
    else:
        index, target = affine(element.linear_index), affine(element.linear_target)
        entries = [affine(expression) for expression in element.exprs]
    alternatives = tuple(
        (equal(index, at), equal(target.minus(entry))) for at, entry in enumerate(entries)
    )
    return Meaning(choices=(Choice(enforced, alternatives),))


def _say_table(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    table = constraint.table
    columns = [affine(expression) for expression in table.exprs]
    columns += [weigh([number], [1]) for number in table.vars]
    values, width = list(table.values), len(columns)
    if not width or len(values) > LARGEST_TABLE:
        return Meaning(exact=False)
    tuples = dict.fromkeys(tuple(values[at : at + width]) for at in range(0, len(values), width))
    if table.negated:
        return Meaning(choices=tuple(_differ(columns, each, enforced) for each in tuples))
    alternatives = tuple(
        tuple(equal(column, value) for column, value in zip(columns, each, strict=True))
        for each in tuples
    )
    return Meaning(choices=(Choice(enforced, alternatives),))


def _differ(columns: list[Affine], values: tuple[int, ...], enforced: Enforced) -> Choice:
    """At least one column has another value."""
    pairs = zip(columns, values, strict=True)
    return Choice(enforced, tuple((unequal(column, value),) for column, value in pairs))


def _say_inverse(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    there = [weigh([number], [1]) for number in constraint.inverse.f_direct]
    back = [weigh([number], [1]) for number in constraint.inverse.f_inverse]
    if len(there) != len(back) or len(there) > LARGEST_PAIRING:
        return Meaning(exact=False)

    def choose(one: list[Affine], other: list[Affine]) -> tuple[Choice, ...]:
        return tuple(
            Choice(
                enforced,
                tuple((equal(at, to), equal(other[to], number)) for to in range(len(other))),
            )
            for number, at in enumerate(one)
        )

    # The second half follows from the first, and sees more of the domains.
    return Meaning(choices=(*choose(there, back), *choose(back, there)))


@dataclass(frozen=True)
class Span:
    """An interval: where the literals hold, it is there; its end is its start and its size."""

    present: Enforced
    start: Affine
    size: Affine

    @property
    def end(self) -> Affine:
        """Where it ends."""
        return self.start.plus(self.size)


def read_span(proto: Any, number: int) -> Span:
    """The interval that a constraint of the proto states, by its number."""
    constraint = proto.constraints[number]
    return Span(
        literals(constraint.enforcement_literal),
        affine(constraint.interval.start),
        affine(constraint.interval.size),
    )


def _say_interval(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    interval = constraint.interval
    start, size, end = affine(interval.start), affine(interval.size), affine(interval.end)
    return Meaning((equal(start.plus(size).minus(end), 0, enforced), at_least(size, 0, enforced)))


def _before(one: Span, other: Span) -> Row:
    """The row by which one interval ends before another starts."""
    return at_most(one.end.minus(other.start), 0)


def _merge(*present: Enforced) -> Enforced:
    return tuple(dict.fromkeys(one for each in present for one in each))


def _say_no_overlap(proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    spans = [read_span(proto, number) for number in constraint.no_overlap.intervals]
    if len(spans) > LARGEST_PAIRING:
        return Meaning(exact=False)
    return Meaning(
        choices=tuple(
            Choice(
                _merge(enforced, one.present, other.present),
                ((_before(one, other),), (_before(other, one),)),
            )
            for one, other in combinations(spans, 2)
        )
    )


def _say_no_overlap_2d(proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    both = constraint.no_overlap_2d
    boxes = [
        (read_span(proto, x), read_span(proto, y))
        for x, y in zip(both.x_intervals, both.y_intervals, strict=True)
    ]
    if len(boxes) > LARGEST_PAIRING:
        return Meaning(exact=False)
    return Meaning(choices=tuple(_separate(*pair, enforced) for pair in combinations(boxes, 2)))


def _separate(one: tuple[Span, Span], other: tuple[Span, Span], enforced: Enforced) -> Choice:
    """Two boxes lie apart in one of the two directions."""
    present = (span.present for box in (one, other) for span in box)
    sides = (
        (_before(first, second),)
        for axis in (0, 1)
        for first, second in ((one[axis], other[axis]), (other[axis], one[axis]))
    )
    return Choice(_merge(enforced, *present), tuple(sides))


def _say_circuit(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    return _say_degrees(constraint.circuit, enforced, skip=None)


def _say_routes(_proto: Any, constraint: Any, enforced: Enforced) -> Meaning:
    return _say_degrees(constraint.routes, enforced, skip=0)


def _say_degrees(graph: Any, enforced: Enforced, skip: int | None) -> Meaning:
    """One arc into, and one out of each node: that they are a circuit, no row says."""
    degrees: dict[tuple[str, int], list[int]] = {}
    for tail, head, reference in zip(graph.tails, graph.heads, graph.literals, strict=True):
        degrees.setdefault(("out", tail), []).append(reference)
        degrees.setdefault(("in", head), []).append(reference)
        degrees.setdefault(("out", head), [])
        degrees.setdefault(("in", tail), [])
    rows = tuple(
        equal(_count(references), 1, enforced)
        for (_, node), references in degrees.items()
        if node != skip
    )
    return Meaning(rows, exact=False)


def _say_nothing(_proto: Any, _constraint: Any, _enforced: Enforced) -> Meaning:
    return Meaning()


_STATED: dict[str, Callable[[Any, Any, Enforced], Meaning]] = {
    "linear": _say_linear,
    "bool_or": _say_or,
    "bool_and": _say_and,
    "bool_xor": _say_xor,
    "at_most_one": _say_at_most_one,
    "exactly_one": _say_exactly_one,
    "all_diff": _say_different,
    "lin_max": _say_maximum,
    "element": _say_element,
    "table": _say_table,
    "inverse": _say_inverse,
    "interval": _say_interval,
    "no_overlap": _say_no_overlap,
    "no_overlap_2d": _say_no_overlap_2d,
    "circuit": _say_circuit,
    "routes": _say_routes,
    "dummy_constraint": _say_nothing,
}
