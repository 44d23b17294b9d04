"""Seeded constraint models: machines, routes, puzzles, clauses and small enumerations."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.hunt.constraints import Constraint, CpInstance, Interval, Sum, one


class CpBuilder:
    """Collects the parts of a model."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.domains: list[tuple[int, ...]] = []
        self.intervals: list[Interval] = []
        self.constraints: list[Constraint] = []

    def variable(self, *ends: int) -> int:
        """A new variable's number; `ends` of one range or of several."""
        self.domains.append(ends)
        return len(self.domains) - 1

    def literal(self) -> int:
        """A new 0-1 variable's number."""
        return self.variable(0, 1)

    def add(self, kind: str, *enforced: int, **parts: Any) -> None:
        """A new constraint."""
        self.constraints.append(Constraint(kind, parts, enforced))

    def linear(self, terms: list[tuple[int, int]], low: int, high: int, *enforced: int) -> None:
        """A new linear constraint."""
        self.add("linear", *enforced, sum=Sum(tuple(terms)), domain=(low, high))

    def interval(self, start: int, size: int, *enforced: int) -> int:
        """A new interval's number."""
        self.intervals.append(Interval(one(start), Sum((), size), one(start, size), enforced))
        return len(self.intervals) - 1

    def finish(self, goal: Sum | None = None, *, maximize: bool = False) -> CpInstance:
        """The model."""
        return CpInstance(
            tuple(self.domains), tuple(self.constraints), tuple(self.intervals), goal, maximize
        )


def machine_schedule(random: Random) -> CpInstance:
    """Tasks on one machine, some optional, with dates before and after which they cannot run."""
    build = CpBuilder(random)
    horizon = random.randint(8, 14)
    starts, numbers, goal = [], [], []
    for _ in range(random.randint(3, 4)):
        size = random.randint(0, 4)
        low = random.randint(0, 3)
        start = build.variable(low, max(low, horizon - size - random.randint(0, 4)))
        chosen = (build.literal(),) if random.random() < 0.4 else ()
        numbers.append(build.interval(start, size, *chosen))
        starts.append(start)
        goal += [
            (start, random.randint(1, 3)),
            *((literal, -random.randint(1, 20)) for literal in chosen),
        ]
    build.add("no_overlap", intervals=tuple(numbers))
    if random.random() < 0.5:
        build.linear([(starts[0], 1), (starts[1], -1)], -20, random.randint(-3, 2))
    end = build.variable(0, horizon)
    ends = tuple(build.intervals[number].end for number in numbers)
    build.add("lin_max", target=one(end), exprs=ends)
    return build.finish(Sum((*goal, (end, 5))))


def resource_schedule(random: Random) -> CpInstance:
    """Tasks that share a resource, whose capacity may be a variable."""
    build = CpBuilder(random)
    numbers, demands, goal = [], [], []
    for _ in range(random.randint(3, 4)):
        start = build.variable(0, random.randint(2, 7))
        chosen = (build.literal(),) if random.random() < 0.3 else ()
        numbers.append(build.interval(start, random.randint(0, 4), *chosen))
        demands.append(Sum((), random.randint(0, 3)))
        goal += [(start, random.randint(-1, 3)), *((literal, -7) for literal in chosen)]
    capacity = build.variable(random.randint(0, 2), random.randint(3, 6))
    build.add(
        "cumulative", capacity=one(capacity), intervals=tuple(numbers), demands=tuple(demands)
    )
    return build.finish(Sum((*goal, (capacity, random.randint(1, 6)))))


def tour(random: Random) -> CpInstance:
    """A circuit through some of the nodes; the others may be left out where they have a loop."""
    build = CpBuilder(random)
    nodes = random.randint(3, 5)
    tails, heads, literals, goal = [], [], [], []
    for tail in range(nodes):
        for head in range(nodes):
            if random.random() > (0.3 if tail == head else 0.7):
                continue
            literal = build.literal()
            tails.append(tail)
            heads.append(head)
            literals.append(literal)
            goal.append((literal, random.randint(-3, 20)))
    if not literals:
        return all_different(random)
    build.add("circuit", tails=tuple(tails), heads=tuple(heads), literals=tuple(literals))
    if len(literals) > 2 and random.random() < 0.4:
        build.add("bool_or", literals=tuple(random.sample(literals, 2)))
    return build.finish(Sum(tuple(goal)), maximize=random.random() < 0.3)


def all_different(random: Random) -> CpInstance:
    """Different values, shifted and multiplied, with sums over them."""
    build = CpBuilder(random)
    size = random.randint(3, 5)
    names = [build.variable(0, random.randint(size - 2, size + 2)) for _ in range(size)]
    build.add("all_diff", exprs=tuple(one(name) for name in names))
    if random.random() < 0.7:
        factors = tuple(
            Sum(((name, random.choice([1, -1, 2])),), at) for at, name in enumerate(names)
        )
        build.add("all_diff", exprs=factors)
    low = random.randint(0, 8)
    build.linear([(name, random.randint(-2, 3)) for name in names], low, low + random.randint(0, 6))
    goal = Sum(tuple((name, random.randint(-5, 5)) for name in names), random.randint(0, 3))
    return build.finish(goal, maximize=random.random() < 0.5)


def lookups(random: Random) -> CpInstance:
    """Elements, tables, products and maxima."""
    build = CpBuilder(random)
    index, target = build.variable(-1, random.randint(2, 5)), build.variable(0, 12)
    other = build.variable(0, 1, 3, random.randint(3, 6))
    members = tuple(
        random.choice([Sum((), random.randint(0, 9)), one(other, random.randint(0, 4))])
        for _ in range(random.randint(2, 5))
    )
    build.add("element", index=one(index), target=one(target), exprs=members)
    rows = {(random.randint(0, 4), random.randint(0, 6)) for _ in range(random.randint(2, 8))}
    build.add(
        "table", exprs=(one(index), one(other)), rows=tuple(rows), negated=random.random() < 0.5
    )
    product = build.variable(-4, 30)
    build.add("int_prod", target=one(product), exprs=(one(other), one(index, 1)))
    most = build.variable(0, 20)
    build.add("lin_max", target=one(most), exprs=(one(target), one(other, 2), Sum((), 4)))
    goal = tuple((at, random.randint(-3, 4)) for at in (index, target, other, product, most))
    return build.finish(Sum(goal), maximize=random.random() < 0.5)


def clauses(random: Random) -> CpInstance:
    """Boolean formulas near the threshold at which they have no solution, with and without goal."""
    build = CpBuilder(random)
    names = [build.literal() for _ in range(random.randint(5, 9))]

    def some(least: int, most: int) -> tuple[int, ...]:
        chosen = random.sample(names, random.randint(least, most))
        return tuple(random.choice([at, -at - 1]) for at in chosen)

    for _ in range(int(len(names) * random.uniform(2, 4.5))):
        build.add("bool_or", literals=some(2, 3))
    for kind in ("bool_xor", "at_most_one", "exactly_one", "bool_and"):
        if random.random() < 0.25:
            enforced = some(1, 1) if kind == "bool_and" else ()
            build.add(kind, *enforced, literals=some(2, 4))
    if random.random() < 0.5:
        return build.finish()
    goal = Sum(tuple((name, random.randint(-4, 9)) for name in names))
    return build.finish(goal, maximize=random.random() < 0.5)


def enforced_sums(random: Random) -> CpInstance:
    """Linear constraints that hold only where literals are true, on domains with holes."""
    build = CpBuilder(random)
    flags = [build.literal() for _ in range(3)]
    names = [
        build.variable(*random.choice([(0, 5), (-3, 3), (0, 1, 4, 6), (-2, -2, 0, 0, 3, 3)]))
        for _ in range(random.randint(2, 4))
    ]
    for _ in range(random.randint(3, 7)):
        low = random.randint(-6, 8)
        terms = [(name, random.randint(-3, 4)) for name in random.sample(names, 2)]
        flag = random.choice(flags)
        enforced = random.choice([(), (flag,), (-flag - 1,)])
        build.linear(terms, low, low + random.randint(0, 5), *enforced)
    build.add("bool_or", literals=tuple(flags))
    goal = Sum(tuple((at, random.randint(-3, 5)) for at in (*names, *flags)))
    return build.finish(goal, maximize=random.random() < 0.5)


def enumerated(random: Random) -> CpInstance:
    """A model without objective, all of whose solutions are asked for and counted."""
    shape = random.choice([all_different, clauses, enforced_sums])
    model = shape(random)
    return CpInstance(model.domains, model.constraints, model.intervals, enumerate_all=True)
