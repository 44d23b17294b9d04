"""Seeded models of the shapes that people solve: networks, covers, plans and lots."""

from __future__ import annotations

from random import Random

from tests.hunt.instances import Builder, Instance


def fixed_charge(random: Random) -> Instance:
    """Demand is met by machines that cost something to switch on; some demands cannot be met."""
    build = Builder(random)
    total: dict[str, object] = {}
    for _ in range(random.randint(2, 6)):
        capacity = random.choice([random.randint(1, 20), random.randint(1, 40) / 4])
        amount = build.variable(
            0,
            random.choice([None, capacity]),
            integer=random.random() < 0.3,
            cost=random.choice([0, 1, random.randint(1, 9)]),
        )
        on = build.binary(cost=random.choice([random.randint(1, 50), 99999, 10]))
        total[amount] = 1
        build.row({amount: 1, on: -capacity}, None, 0)
    side = random.choice([random.randint(1, 25), random.randint(1, 50) / 4])
    build.row(total, side, random.choice([None, side, side + 3]))
    _couple(build)
    return build.finish()


def _couple(build: Builder) -> None:
    """A few more rows over whatever there is, as models in use have them."""
    random = build.random
    names = [variable.name for variable in build.variables]
    for _ in range(random.randint(0, 2)):
        some = random.sample(names, min(len(names), random.randint(2, 4)))
        terms: dict[str, object] = {name: random.choice([-2, -1, 1, 1, 2, 3]) for name in some}
        build.row(terms, None, random.randint(0, 12))


def covering(random: Random) -> Instance:
    """Every element is in a chosen set; copies, weights and integer multiplicities."""
    build = Builder(random)
    most = random.choice([1, 1, 1, 3, None])
    sets = [
        build.variable(0, most, integer=True, cost=random.choice([1, random.randint(1, 9)]))
        for _ in range(random.randint(4, 11))
    ]
    for _ in range(random.randint(3, 9)):
        some = random.sample(sets, random.randint(2, min(5, len(sets))))
        weights: dict[str, object] = {name: random.choice([1, 1, 1, 2, 3]) for name in some}
        build.row(weights, random.choice([1, 1, 2, 3]), None)
    if random.random() < 0.3:
        build.row(dict.fromkeys(sets, 1), None, random.randint(2, len(sets)))
    return build.finish()


def unit_commitment(random: Random) -> Instance:
    """Units with least and largest output, start costs, and a demand for each period."""
    build = Builder(random)
    periods = random.randint(2, 3)
    output: list[list[str]] = []
    for _ in range(random.randint(2, 3)):
        low, high = random.randint(1, 5), random.randint(6, 15)
        before: str | None = None
        output.append([])
        for _ in range(periods):
            on, start = build.binary(random.randint(0, 5)), build.binary(random.randint(1, 20))
            power = build.variable(0, None, cost=random.randint(1, 40) / 8)
            build.row({power: 1, on: -low}, 0, None)
            build.row({power: 1, on: -high}, None, 0)
            build.row({start: 1, on: -1} | ({before: 1} if before else {}), 0, None)
            before = on
            output[-1].append(power)
    for period in range(periods):
        demand = random.randint(2, 24)
        spare = random.choice([0, None, 2])
        upper = None if spare is None else demand + spare
        build.row({unit[period]: 1 for unit in output}, demand, upper)
    return build.finish()


def lot_sizing(random: Random) -> Instance:
    """Production with set-ups and stock, equations from period to period."""
    build = Builder(random)
    big = random.choice([50, 100, 1000, 10000])
    stock: str | None = None
    for period in range(random.randint(3, 5)):
        lot = build.variable(0, None, integer=random.random() < 0.2, cost=random.randint(0, 4))
        setup = build.binary(random.randint(5, 60))
        after = build.variable(0, random.choice([None, 15]), cost=random.randint(1, 5))
        demand = random.choice([random.randint(0, 20), random.randint(0, 80) / 4])
        terms: dict[str, object] = {lot: 1, after: -1}
        if stock is not None:
            terms[stock] = 1
        build.equation(terms, demand)
        build.row({lot: 1, setup: -big}, None, 0)
        if random.random() < 0.3:
            build.row({lot: 1, setup: -random.randint(1, 8)}, 0, None)
        stock = after
        del period
    return build.finish()


def big_m(random: Random) -> Instance:
    """Indicators by big numbers, from fair ones to ones at which tolerances trickle through."""
    build = Builder(random)
    big = random.choice([100, 1000, 10**4, 10**5, 10**6, 10**7])
    flags = []
    for _ in range(random.randint(2, 5)):
        amount = build.variable(
            random.choice([0, -10]), random.choice([None, 100]), cost=random.randint(-5, 9)
        )
        flag = build.binary(random.choice([1, 10, 1000]))
        flags.append((amount, flag))
        build.row({amount: 1, flag: -big}, None, random.choice([0, 0, 5]))
        if random.random() < 0.5:
            build.row({amount: 1, flag: big}, random.randint(1, 9), None)
    build.row({amount: 1 for amount, _ in flags}, random.randint(1, 20), 400)
    if random.random() < 0.5:
        build.row({flag: 1 for _, flag in flags}, None, random.randint(1, len(flags)))
    return build.finish(offset=random.choice([0, 0, 7, -2.5]))


def knapsack(random: Random) -> Instance:
    """Values under one or more capacities, with integer and fractional items."""
    build = Builder(random)
    items = [
        build.variable(
            0,
            random.choice([1, 1, 1, 4]),
            integer=random.random() < 0.9,
            cost=random.choice([random.randint(1, 30), random.randint(1, 300) / 10]),
        )
        for _ in range(random.randint(5, 13))
    ]
    for _ in range(random.randint(1, 3)):
        weights: dict[str, object] = {item: random.randint(1, 40) for item in items}
        build.row(weights, None, random.randint(20, 100))
    if random.random() < 0.3:
        build.row(dict.fromkeys(random.sample(items, 3), 1), None, 1)
    return build.finish(maximize=True, offset=random.choice([0, 0, 100, -0.5]))


def assignment(random: Random) -> Instance:
    """Each task to one worker, some pairs forbidden, degenerate as all of its kind."""
    build = Builder(random)
    size = random.randint(3, 4)
    whole = random.random() < 0.6
    cells = {
        (i, j): build.variable(
            0, 0 if random.random() < 0.1 else 1, integer=whole, cost=random.randint(1, 9)
        )
        for i in range(size)
        for j in range(size)
    }
    for i in range(size):
        build.equation({cells[i, j]: 1 for j in range(size)}, 1)
        build.equation({cells[j, i]: 1 for j in range(size)}, 1)
    if random.random() < 0.4:
        build.row({cells[i, i]: random.randint(1, 3) for i in range(size)}, None, 2)
    return build.finish(maximize=random.random() < 0.3)


def transport(random: Random) -> Instance:
    """Supplies and demands that are equal, or just not."""
    build = Builder(random)
    sources, sinks = random.randint(2, 3), random.randint(2, 4)
    step = random.choice([1, 0.5, 0.1])
    demand = [random.randint(1, 9) for _ in range(sinks)]
    supply = [sum(demand) // sources] * sources
    supply[0] += sum(demand) - sum(supply) + random.choice([0, 0, 1, -1])
    flow = [
        [
            build.variable(0, random.choice([None, None, 6]), cost=random.randint(1, 9))
            for _ in range(sinks)
        ]
        for _ in range(sources)
    ]
    for i, amount in enumerate(supply):
        upper = round(amount * step, 3)
        build.row(dict.fromkeys(flow[i], 1), random.choice([None, upper]), upper)
    for j, amount in enumerate(demand):
        build.row({line[j]: 1 for line in flow}, round(amount * step, 3), None)
    return build.finish()
