"""Seeded models that are hard by their numbers: degenerate, badly scaled, without an end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from tests.hunt.instances import Builder, Instance


def some_terms(random: Random, names: Sequence[str], most: int = 5) -> dict[str, object]:
    """A row over a few of the variables, with small whole numbers and decimals."""
    chosen = random.sample(list(names), random.randint(1, min(most, len(names))))
    return {
        name: random.choice([1, -1, random.randint(-9, 9), random.randint(-90, 90) / 10])
        for name in chosen
    }


def free_and_fixed(random: Random) -> Instance:
    """Variables without bounds, fixed ones, negative ranges, rows without variables."""
    build = Builder(random)
    bounds = [(None, None), (None, 4), (-7, -2), (3, 3), (0, 0), (0, None), (-1.5, 1.5), (-5, None)]
    names = [
        build.variable(
            *random.choice(bounds), integer=random.random() < 0.4, cost=random.randint(-4, 6)
        )
        for _ in range(random.randint(3, 8))
    ]
    for _ in range(random.randint(2, 7)):
        side = random.randint(-9, 9)
        sides = random.choice([(side, None), (None, side), (side, side), (side, side + 4)])
        build.row(some_terms(random, names), *sides)
    build.row(dict.fromkeys(names, 1), -30, 30)
    return build.finish(maximize=random.random() < 0.5, offset=random.choice([0, 3]))


def equality_chains(random: Random) -> Instance:
    """Equations from one variable to the next, which presolve substitutes through."""
    build = Builder(random)
    length = random.randint(4, 9)
    whole = random.random() < 0.5
    names = [
        build.variable(
            random.choice([0, 0, None, -5]),
            random.choice([None, 20, 50]),
            integer=whole and random.random() < 0.8,
            cost=random.choice([0, 0, 1, -1, 5]),
        )
        for _ in range(length)
    ]
    for here, there in pairwise(names):
        factor = random.choice([1, 1, 2, 3, 0.5, -1])
        terms: dict[str, object] = {here: random.choice([1, 1, 2, 3]), there: -factor}
        if random.random() < 0.3:
            terms[random.choice(names)] = random.choice([1, -1, 2])
        build.equation(terms, random.choice([0, 0, 1, 2, 4]))
    build.row(some_terms(random, names), random.randint(-5, 5), None)
    build.row(dict.fromkeys(names, 1), -100, 100)
    return build.finish(maximize=random.random() < 0.4)


def degenerate(random: Random) -> Instance:
    """Many rows through one vertex, rows twice, costs that are equal."""
    build = Builder(random)
    names = [
        build.variable(0, None, cost=random.choice([1, 1, 2])) for _ in range(random.randint(3, 7))
    ]
    for _ in range(random.randint(4, 10)):
        terms = {name: random.choice([1, 1, -1, 2]) for name in random.sample(names, 3)}
        build.row(dict(terms), 0, random.choice([None, 0]) if random.random() < 0.2 else None)
        if random.random() < 0.3:
            factor = random.choice([2, 3, 0.1])
            build.row({name: value * factor for name, value in terms.items()}, 0, None)
    build.row(dict.fromkeys(names, 1), random.choice([0, 1, 5]), 10)
    return build.finish(maximize=random.random() < 0.5)


def badly_scaled(random: Random) -> Instance:
    """Rows and columns multiplied by powers of ten."""
    build = Builder(random)
    reach = random.randint(1, 4)
    scale = [10 ** random.randint(-reach, reach) for _ in range(6)]
    names = [
        build.variable(
            0, _rounded(random.randint(1, 20) / unit), cost=_rounded(random.randint(-9, 9) * unit)
        )
        for unit in scale
    ]
    for _ in range(random.randint(2, 6)):
        row = 10 ** random.randint(-reach, reach)
        terms: dict[str, object] = {
            name: _rounded(random.randint(-9, 9) * unit * row)
            for name, unit in zip(names, scale, strict=True)
            if random.random() < 0.7
        }
        build.row(terms, None, _rounded(random.randint(0, 20) * row))
    return build.finish(maximize=random.random() < 0.5)


def _rounded(number: float) -> str:
    return f"{number:.6g}"


def parity(random: Random) -> Instance:
    """Even sums that have to be odd, and near ones: infeasible, and no linear bound says so."""
    build = Builder(random)
    names = [
        build.variable(0, random.choice([1, 3, 10]), integer=True, cost=random.randint(-3, 3))
        for _ in range(random.randint(3, 6))
    ]
    factor = random.choice([2, 2, 3, 6])
    terms: dict[str, object] = {name: factor * random.randint(1, 4) for name in names}
    side = factor * random.randint(1, 6) + random.choice([1, 1, 0])
    build.equation(terms, side)
    for _ in range(random.randint(0, 3)):
        build.row(some_terms(random, names), None, random.randint(2, 15))
    return build.finish()


def infeasible_program(random: Random) -> Instance:
    """A linear program whose rows add up to a contradiction, by much, by little or by nothing."""
    build = Builder(random)
    names = [
        build.variable(random.choice([0, None]), None, cost=random.randint(0, 5)) for _ in range(6)
    ]
    total: dict[str, float] = {}
    side = 0
    for _ in range(random.randint(2, 4)):
        factor, low = random.randint(1, 3), random.randint(-3, 9)
        terms = {name: random.randint(-3, 5) for name in random.sample(names, 3)}
        build.row(dict(terms), low, None)
        for name, value in terms.items():
            total[name] = total.get(name, 0) + factor * value
        side += factor * low
    gap = random.choice([1, 5, 0.5, 0.001, 0, -1])
    build.row(dict(total), None, round(side - gap, 6))
    return build.finish()


def unbounded_program(random: Random) -> Instance:
    """A ray that improves, or that just does not; rows that let it go on."""
    build = Builder(random)
    names = [
        build.variable(
            random.choice([0, 0, None]),
            None,
            cost=random.randint(-3, 4),
            integer=random.random() < 0.1,
        )
        for _ in range(random.randint(2, 6))
    ]
    ray = {name: random.randint(0, 3) for name in names}
    for _ in range(random.randint(1, 5)):
        terms = {name: random.randint(-4, 4) for name in names if random.random() < 0.7}
        slope = sum(value * ray[name] for name, value in terms.items())
        side = random.randint(-5, 5)
        build.row(dict(terms), *((side, None) if slope >= 0 else (None, side)))
    return build.finish(maximize=random.random() < 0.5)


def unbounded_integers(random: Random) -> Instance:
    """Integers without bounds, with and without an end to the objective."""
    build = Builder(random)
    names = [
        build.variable(
            random.choice([0, 0, None, 1]),
            random.choice([None, None, 9]),
            integer=True,
            cost=random.randint(-2, 5),
        )
        for _ in range(random.randint(2, 5))
    ]
    for _ in range(random.randint(1, 4)):
        terms = {name: random.randint(-3, 6) for name in names if random.random() < 0.8}
        side = random.randint(-4, 12)
        build.row(dict(terms), *random.choice([(side, None), (side, None), (None, side)]))
    if random.random() < 0.5:
        build.row(dict.fromkeys(names, 1), None, random.randint(5, 60))
    return build.finish(maximize=random.random() < 0.3)


def tiny_and_huge(random: Random) -> Instance:
    """Coefficients from a billionth to a billion in one model, sides and bounds alike."""
    build = Builder(random)
    sizes = ["1e-9", "1e-7", "1e-5", "0.001", "1", "1", "1", "1000", "1e5", "1e7", "1e9"]

    def number() -> float:
        return random.randint(1, 9) * float(random.choice(sizes))

    names = [
        build.variable(
            0,
            random.choice([None, _rounded(number()), 10]),
            integer=random.random() < 0.3,
            cost=_rounded(random.choice([-1, 1, 1]) * number()),
        )
        for _ in range(random.randint(2, 6))
    ]
    for _ in range(random.randint(1, 5)):
        terms: dict[str, object] = {
            name: _rounded(random.choice([-1, 1, 1]) * number())
            for name in names
            if random.random() < 0.7
        }
        side = _rounded(number())
        build.row(terms, *random.choice([(side, None), (None, side)]))
    build.row(dict.fromkeys(names, 1), None, 10**6)
    return build.finish(maximize=random.random() < 0.3)


def random_mixed(random: Random) -> Instance:
    """Everything at once: binaries, integers, continuous variables, all signs and relations."""
    build = Builder(random)
    names = []
    for _ in range(random.randint(4, 12)):
        cost = random.choice([random.randint(-20, 20), random.randint(-200, 200) / 10])
        kind = random.choice(["binary", "integer", "continuous"])
        if kind == "binary":
            names.append(build.binary(cost))
            continue
        ends = random.choice([(0, None), (0, 10), (-10, 10), (None, 8), (-2.5, 7.25)])
        names.append(build.variable(*ends, integer=kind == "integer", cost=cost))
    for _ in range(random.randint(3, 8)):
        side = random.choice([random.randint(-30, 30), random.randint(-300, 300) / 10])
        sides = random.choice([(side, None), (None, side), (None, side), (side, side + 20)])
        build.row(some_terms(random, names, 6), *sides)
    if random.random() < 0.7:
        build.row(dict.fromkeys(names, 1), -50, 50)
    return build.finish(maximize=random.random() < 0.5, offset=random.choice([0, 0, 1.5]))
