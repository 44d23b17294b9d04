"""Sparse systems of linear equations in exact rational arithmetic.

The matrix is brought to block triangular form, where the blocks of simplex bases are mostly single
numbers; what is left is solved by FLINT, by lifting modulo a prime.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from graphlib import TopologicalSorter
from typing import Any

import numpy as np

Equation = Mapping[int, int]
"""Integer coefficients by the number of the unknown."""


@dataclass(frozen=True)
class _Block:
    """Equations that determine as many unknowns together, once earlier blocks are known."""

    equations: list[int]
    unknowns: list[int]


def solve_exactly(
    equations: Sequence[Equation], right: Sequence[Fraction | int]
) -> list[Fraction] | None:
    """The solution of as many equations as unknowns; None where they do not determine it.

    Args:
        equations: one a row, over unknowns 0 to `len(equations)` - 1; coefficients are not zero.
        right: the right-hand sides.
    """
    from flint import fmpq

    peeled = _peel(equations)
    core = _order_core(equations, peeled)
    if core is None:
        return None
    known: list[Any] = [None] * len(equations)
    for block in (*peeled.first, *core, *reversed(peeled.last)):
        sides = []
        for number in block.equations:
            side = fmpq(right[number].numerator, right[number].denominator)
            for unknown, value in _earlier(equations[number], block):
                side -= value * known[unknown]
            sides.append(side)
        values = _solve_block(equations, block, sides)
        if values is None:
            return None
        for unknown, value in zip(block.unknowns, values, strict=True):
            known[unknown] = value
    return [Fraction(int(value.p), int(value.q)) for value in known]


@dataclass
class _Peeled:
    """What a triangular system is: solved first, or last in reverse; and what is left."""

    first: list[_Block] = field(default_factory=list)
    last: list[_Block] = field(default_factory=list)
    equations: list[int] = field(default_factory=list)


def _peel(equations: Sequence[Equation]) -> _Peeled:
    """Take off equations with one unknown left, then unknowns that stand in one equation left."""
    peeled = _Peeled()
    where: list[list[int]] = [[] for _ in equations]
    for number, equation in enumerate(equations):
        for unknown in equation:
            where[unknown].append(number)
    open_unknowns = [set(equation) for equation in equations]
    left = set(range(len(equations)))
    ready = [number for number, unknowns in enumerate(open_unknowns) if len(unknowns) == 1]
    while ready:
        number = ready.pop()
        if number not in left or len(open_unknowns[number]) != 1:
            continue
        (unknown,) = open_unknowns[number]
        peeled.first.append(_Block([number], [unknown]))
        left.discard(number)
        for other in where[unknown]:
            open_unknowns[other].discard(unknown)
            if other in left and len(open_unknowns[other]) == 1:
                ready.append(other)
    _peel_unknowns(peeled, where, open_unknowns, left)
    peeled.equations = sorted(left)
    return peeled


def _peel_unknowns(
    peeled: _Peeled, where: Sequence[Sequence[int]], open_unknowns: list[set[int]], left: set[int]
) -> None:
    counts = [0] * len(where)
    for number in left:
        for unknown in open_unknowns[number]:
            counts[unknown] += 1
    ready = [unknown for unknown, count in enumerate(counts) if count == 1]
    while ready:
        unknown = ready.pop()
        if counts[unknown] != 1:
            continue
        number = next(n for n in where[unknown] if n in left and unknown in open_unknowns[n])
        peeled.last.append(_Block([number], [unknown]))
        left.discard(number)
        for other in open_unknowns[number]:
            counts[other] -= 1
            if counts[other] == 1:
                ready.append(other)


def _order_core(equations: Sequence[Equation], peeled: _Peeled) -> list[_Block] | None:
    """The blocks of what is left, in the order in which they are solved; None where singular."""
    if not peeled.equations:
        return []
    taken = {block.unknowns[0] for block in (*peeled.first, *peeled.last)}
    unknowns = [unknown for unknown in range(len(equations)) if unknown not in taken]
    position = {unknown: at for at, unknown in enumerate(unknowns)}
    inner = [
        {position[u]: value for u, value in equations[number].items() if u in position}
        for number in peeled.equations
    ]
    matching = _match(inner)
    if matching is None:
        return None
    return [
        _Block(
            [peeled.equations[e] for e in block.equations], [unknowns[u] for u in block.unknowns]
        )
        for block in _order_blocks(inner, matching)
    ]


def _earlier(equation: Equation, block: _Block) -> Iterator[tuple[int, int]]:
    own = set(block.unknowns) if len(block.unknowns) > 1 else block.unknowns
    return ((unknown, value) for unknown, value in equation.items() if unknown not in own)


def _match(equations: Sequence[Equation]) -> list[int] | None:
    """An unknown of its own for each equation; None where there is none: the matrix is singular."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    size = len(equations)
    start = np.cumsum([0, *(len(equation) for equation in equations)])
    index = np.fromiter((u for equation in equations for u in equation), np.int32, start[-1])
    graph = csr_array((np.ones(len(index)), index, start), shape=(size, size))
    matched = maximum_bipartite_matching(graph, perm_type="column")
    return None if (matched < 0).any() else [int(unknown) for unknown in matched]


def _order_blocks(equations: Sequence[Equation], matching: Sequence[int]) -> Iterator[_Block]:
    """The blocks, each after those whose unknowns it needs."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    size = len(equations)
    owner = np.empty(size, dtype=np.int32)
    owner[list(matching)] = np.arange(size)
    pairs = [(e, int(owner[u])) for e, equation in enumerate(equations) for u in equation]
    rows, columns = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    graph = csr_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    _, labels = connected_components(graph, directed=True, connection="strong")
    members: dict[int, list[int]] = {}
    for equation, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(equation)
    needs: dict[int, set[int]] = {label: set() for label in members}
    for equation, other in pairs:
        if labels[equation] != labels[other]:
            needs[int(labels[equation])].add(int(labels[other]))
    for label in TopologicalSorter(needs).static_order():
        yield _Block(members[label], [matching[e] for e in members[label]])


def _solve_block(equations: Sequence[Equation], block: _Block, sides: list[Any]) -> Any | None:
    from flint import fmpq, fmpz_mat

    if len(block.unknowns) == 1:
        return [sides[0] / fmpq(equations[block.equations[0]][block.unknowns[0]])]
    position = {unknown: at for at, unknown in enumerate(block.unknowns)}
    rows = [[0] * len(position) for _ in block.equations]
    for row, equation in zip(rows, block.equations, strict=True):
        for unknown, value in equations[equation].items():
            if unknown in position:
                row[position[unknown]] = value
    common = _common_denominator(sides)
    right = fmpz_mat([[(side * common).p] for side in sides])
    try:
        solution = fmpz_mat(rows).solve(right)
    except ZeroDivisionError:  # singular
        return None
    return [solution[at, 0] / common for at in range(len(position))]


def _common_denominator(numbers: Sequence[Any]) -> Any:
    from flint import fmpz

    common = fmpz(1)
    for number in numbers:
        common = common.lcm(number.q)
    return common
