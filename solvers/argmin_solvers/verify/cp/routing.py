"""Constraints on arcs that literals switch on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from argmin_solvers.verify.cp.points import Amounts, Checker, Points, each

DEPOT = 0

Arcs = list[tuple[int, int]]


def _circuit(constraint: Any, points: Points) -> Amounts:
    return _on_arcs(constraint.circuit, points, _is_circuit)


def _routes(constraint: Any, points: Points) -> Amounts:
    # Demands, capacity and dimensions guide the search: other constraints state them.
    return _on_arcs(constraint.routes, points, _is_routes)


def _on_arcs(graph: Any, points: Points, holds: Callable[[Arcs, set[int]], bool]) -> Amounts:
    arcs = list(zip(graph.tails, graph.heads, strict=True))
    nodes = {node for arc in arcs for node in arc}
    switched = points.literals(graph.literals)

    def broken(number: int) -> float:
        used = [arc for arc, on in zip(arcs, switched[number].tolist(), strict=True) if on]
        return float(not holds(used, nodes))

    return each(points, broken)


def _is_circuit(used: Arcs, nodes: set[int]) -> bool:
    """Whether the arcs are one circuit through all nodes but those with a loop of their own."""
    following = _follow(used)
    if following is None or following.keys() != nodes:
        return False
    visited = {node for node, head in following.items() if node != head}
    return not visited or _tour(following, next(iter(visited))) == visited


def _is_routes(used: Arcs, nodes: set[int]) -> bool:
    """Whether the arcs are tours from and to the depot, with each other node in exactly one.

    A node with a loop of its own is in none; the depot has no loop.
    """
    starts = [head for tail, head in used if tail == DEPOT]
    following = _follow([arc for arc in used if arc[0] != DEPOT])
    if DEPOT in starts or following is None or following.keys() != nodes - {DEPOT}:
        return False
    skipped = {node for node, head in following.items() if node == head}
    seen: set[int] = set()
    for start in starts:
        node = start
        while node != DEPOT:
            if node in seen or node in skipped:
                return False
            seen.add(node)
            node = following[node]
    return seen | skipped == nodes - {DEPOT}


def _follow(arcs: Sequence[tuple[int, int]]) -> dict[int, int] | None:
    """The head of each tail; None where a tail has two."""
    following = dict(arcs)
    return following if len(following) == len(arcs) else None


def _tour(following: dict[int, int], start: int) -> set[int]:
    """The nodes met from a start until it, or another node, comes again; none if not the start."""
    met: set[int] = set()
    node = start
    while node not in met:
        met.add(node)
        node = following[node]
    return met if node == start else set()


CHECKERS: dict[str, Checker] = {"circuit": _circuit, "routes": _routes}
