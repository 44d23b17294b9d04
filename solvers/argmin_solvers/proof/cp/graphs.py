"""Circuits and routes in linear rows: places along the way rule out what is apart from it."""

from __future__ import annotations

from typing import Any, Protocol

from argmin_solvers.proof.cp.rows import Row, at_least, count, equal, literal, weigh

_DEPOT = 0


class Taker(Protocol):
    """What rows, and the variables that they need, are given to."""

    def take_row(self, row: Row) -> None:
        """State a row."""
        ...

    def add_variable(self, low: int, high: int) -> int:
        """A new integer variable: its number."""
        ...


def state_graph(taker: Taker, constraint: Any) -> bool:
    """State a circuit or routes, whose degrees are stated already; False for what is neither.

    Each node but one, that is always on the way, has a place, later than that of the node before:
    so no nodes form a circuit without it.
    """
    kind = constraint.WhichOneof("constraint")
    if kind not in ("circuit", "routes") or constraint.enforcement_literal:
        return False
    graph = getattr(constraint, kind)
    arcs = list(zip(graph.tails, graph.heads, graph.literals, strict=True))
    nodes = sorted({node for tail, head, _ in arcs for node in (tail, head)})
    skipping = {tail for tail, head, _ in arcs if tail == head}
    always = [_DEPOT] if kind == "routes" else [node for node in nodes if node not in skipping]
    if not always:
        return not nodes
    start = always[0]
    places = {node: taker.add_variable(1, len(nodes)) for node in nodes if node != start}
    for tail, head, reference in arcs:
        on = literal(reference)
        if tail == head:
            if tail == start:
                taker.take_row(equal(count([on]), 0))
        elif start not in (tail, head):
            later = weigh([places[head], places[tail]], [1, -1])
            taker.take_row(at_least(later, 1, (on,)))
    return True
