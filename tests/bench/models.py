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


def build_production(products: int, periods: int, seed: int = SEED) -> str:
    """A linear program as free MPS: make, store and deliver products over the periods.

    It has `(products + 1) * periods` rows: the balance of each product and period, and the hours
    of each period, beyond which overtime is paid for.
    """
    draw = random.Random(seed)
    lines = ["NAME production", "ROWS", " N cost"]
    lines += [f" E keep{p}_{t}" for p in range(products) for t in range(periods)]
    lines += [f" L hours{t}" for t in range(periods)]
    lines.append("COLUMNS")
    for p in range(products):
        hours = draw.randint(2, 9)
        for t in range(periods):
            lines.append(f" make{p}_{t} cost {draw.randint(100, 900) / 100} hours{t} {hours}")
            lines.append(f" make{p}_{t} keep{p}_{t} 1")
            lines.append(f" stock{p}_{t} cost {draw.randint(5, 50) / 100} keep{p}_{t} -1")
            if t + 1 < periods:
                lines.append(f" stock{p}_{t} keep{p}_{t + 1} 1")
    lines += [f" over{t} cost {draw.randint(20, 40)} hours{t} -1" for t in range(periods)]
    lines.append("RHS")
    for p in range(products):
        lines += [f" rhs keep{p}_{t} {draw.randint(0, 30)}" for t in range(periods)]
    lines += [f" rhs hours{t} {products * 70}" for t in range(periods)]
    return "\n".join([*lines, "ENDATA"]) + "\n"


def build_lots(products: int, periods: int, seed: int = SEED) -> str:
    """Lot sizing as free MPS: each period in which a product is made has a set-up to pay for."""
    draw = random.Random(seed)
    lines = ["NAME lots", "ROWS", " N cost"]
    lines += [f" E keep{p}_{t}" for p in range(products) for t in range(periods)]
    lines += [f" L setup{p}_{t}" for p in range(products) for t in range(periods)]
    lines += [f" L hours{t}" for t in range(periods)]
    lines.append("COLUMNS")
    keys = [(p, t) for p in range(products) for t in range(periods)]
    for p, t in keys:
        lines.append(f" make{p}_{t} keep{p}_{t} 1 setup{p}_{t} 1")
        lines.append(f" make{p}_{t} hours{t} 1")
        lines.append(f" stock{p}_{t} cost {draw.randint(1, 5)} keep{p}_{t} -1")
        if t + 1 < periods:
            lines.append(f" stock{p}_{t} keep{p}_{t + 1} 1")
    lines.append(" MARKER 'MARKER' 'INTORG'")
    for p, t in keys:
        lines.append(f" on{p}_{t} cost {draw.randint(30, 90)} setup{p}_{t} -60")
        lines.append(f" on{p}_{t} hours{t} 4")
    lines.append(" MARKER 'MARKER' 'INTEND'")
    lines.append("RHS")
    lines += [f" rhs keep{p}_{t} {draw.randint(0, 25)}" for p, t in keys]
    lines += [f" rhs hours{t} {products * 22 + 20}" for t in range(periods)]
    lines.append("BOUNDS")
    lines += [f" UP limit on{p}_{t} 1" for p, t in keys]
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
