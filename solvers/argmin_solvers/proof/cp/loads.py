"""Cumulative constraints in linear rows: the load where each interval starts, as it rises there."""

from __future__ import annotations

from typing import Any, Protocol

from argmin_solvers.proof.cp.graphs import Taker
from argmin_solvers.proof.cp.meaning import Span, read_span
from argmin_solvers.proof.cp.rows import (
    Affine,
    Choice,
    Literal,
    affine,
    at_least,
    at_most,
    count,
    equal,
    literals,
)

MOST_INTERVALS = 60


class ChoiceTaker(Taker, Protocol):
    """What rows and choices, and the variables that they need, are given to."""

    low: list[int]
    high: list[int]

    def take_choice(self, choice: Choice) -> None:
        """State that one of the alternatives holds."""
        ...

    def add_literal(self) -> Literal:
        """A new variable of 0 and 1, as a literal."""
        ...


def state_load(taker: ChoiceTaker, proto: Any, constraint: Any) -> bool:
    """State a cumulative constraint; False for what is none, or has no fixed demands and sizes."""
    if constraint.WhichOneof("constraint") != "cumulative":
        return False
    cumulative, enforced = constraint.cumulative, literals(constraint.enforcement_literal)
    spans = [read_span(proto, number) for number in cumulative.intervals]
    demands = [affine(demand) for demand in cumulative.demands]
    fixed = all(not any(demand.terms.values()) and demand.constant >= 0 for demand in demands)
    if len(spans) > MOST_INTERVALS or not fixed:
        return False
    if not all(_least(taker, span.size) >= 1 for span in spans):
        return False  # one without size loads nothing where it starts
    capacity = affine(cumulative.capacity)
    taker.take_row(at_least(capacity, 0, enforced))
    for at, span in enumerate(spans):
        load = Affine({}, demands[at].constant)
        for other, demand in zip(spans, demands, strict=True):
            if other is not span and demand.constant:
                covering = _cover(taker, other, span)
                load = load.plus(count([covering]), demand.constant)
        taker.take_row(at_most(load.minus(capacity), 0, (*enforced, *span.present)))
    return True


def _cover(taker: ChoiceTaker, other: Span, span: Span) -> Literal:
    """A literal that holds where an interval covers the start of another, both being there."""
    covering = taker.add_literal()
    later = at_least(other.start.minus(span.start), 1)
    over = at_most(other.end.minus(span.start), 0)
    present = tuple(dict.fromkeys((*other.present, *span.present)))
    alternatives = ((later,), (over,), (equal(count([covering]), 1),))
    taker.take_choice(Choice(present, alternatives))
    return covering


def _least(taker: ChoiceTaker, total: Affine) -> int:
    return total.constant + sum(
        factor * (taker.low[number] if factor > 0 else taker.high[number])
        for number, factor in total.terms.items()
    )
