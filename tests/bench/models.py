"""Models to measure with: knapsacks and transports, the same for the same seed everywhere."""

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


def build_transport(plants: int, markets: int, seed: int = SEED) -> str:
    """A transport problem as free MPS: bring goods from plants to markets at the least cost."""
    draw = random.Random(seed)
    demands = [draw.randint(10, 60) for _ in range(markets)]
    supply = sum(demands) * 12 // (10 * plants) + 1
    routes = [(plant, market) for plant in range(plants) for market in range(markets)]
    lines = ["NAME transport", "ROWS", " N cost"]
    lines += [f" L ship{plant}" for plant in range(plants)]
    lines += [f" G need{market}" for market in range(markets)]
    lines.append("COLUMNS")
    for plant, market in routes:
        lines.append(f" x{plant}_{market} cost {draw.randint(100, 900) / 100}")
        lines.append(f" x{plant}_{market} ship{plant} 1 need{market} 1")
    lines.append("RHS")
    lines += [f" rhs ship{plant} {supply}" for plant in range(plants)]
    lines += [f" rhs need{market} {demand}" for market, demand in enumerate(demands)]
    return "\n".join([*lines, "ENDATA"]) + "\n"


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
