"""Models to measure with: multidimensional knapsacks, the same for the same seed everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

SEED = 1


@dataclass(frozen=True)
class Size:
    """How many items there are to choose from, and how many capacities they have to fit."""

    items: int
    capacities: int


SMALL = Size(30, 5)
"""Solved by HiGHS in about a tenth of a second: what a job costs beside it is seen."""
LONG = Size(70, 6)
"""Solved by HiGHS in some seconds on one thread."""


def build_knapsack(size: Size, seed: int = SEED) -> str:
    """The model as free MPS: choose the most valuable items that fit every capacity.

    Values follow weights with some noise, which is what makes such a model hard.
    """
    draw = random.Random(seed)
    weights = [[draw.randint(5, 100) for _ in range(size.items)] for _ in range(size.capacities)]
    values = [
        sum(row[item] for row in weights) // size.capacities + draw.randint(0, 50)
        for item in range(size.items)
    ]
    return "\n".join(_write_mps(weights, values)) + "\n"


def _write_mps(weights: list[list[int]], values: list[int]) -> Iterator[str]:
    rows, items = range(len(weights)), range(len(values))
    yield "NAME knapsack"
    yield "ROWS"
    yield " N value"
    yield from (f" L fit{row}" for row in rows)
    yield "COLUMNS"
    yield " MARKER 'MARKER' 'INTORG'"
    for item in items:
        yield f" take{item} value {-values[item]}"
        yield from (f" take{item} fit{row} {weights[row][item]}" for row in rows)
    yield " MARKER 'MARKER' 'INTEND'"
    yield "RHS"
    yield from (f" capacity fit{row} {sum(weights[row]) // 2}" for row in rows)
    yield "BOUNDS"
    yield from (f" UP limit take{item} 1" for item in items)
    yield "ENDATA"
