"""DEAP: a genetic algorithm on a 0-1 knapsack of 15 items, the weight a constraint.

Greatest value 1458; an evolution proves no optimum, so the outcome is Feasible.
Source: D. Kreher, D. Stinson, Combinatorial Algorithms, CRC Press, 1999.
"""

import os
import random

from deap import algorithms, base, creator, tools

from argmin_solvers import report

CAPACITY = 750
VALUES = [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240]
WEIGHTS = [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120]
POPULATION, GENERATIONS = 500, 100


def worth(items):
    """Value of the items taken; too heavy a choice is worth less than nothing."""
    weight = sum(w for w, taken in zip(WEIGHTS, items, strict=True) if taken)
    value = sum(v for v, taken in zip(VALUES, items, strict=True) if taken)
    return (value if weight <= CAPACITY else CAPACITY - weight,)


def make_toolbox() -> base.Toolbox:
    creator.create("Worth", base.Fitness, weights=(1.0,))
    creator.create("Items", list, fitness=creator.Worth)
    toolbox = base.Toolbox()
    toolbox.register("bit", random.randint, 0, 1)
    toolbox.register("items", tools.initRepeat, creator.Items, toolbox.bit, len(VALUES))
    toolbox.register("population", tools.initRepeat, list, toolbox.items)
    toolbox.register("evaluate", worth)
    toolbox.register("mate", tools.cxUniform, indpb=0.5)
    toolbox.register("mutate", tools.mutFlipBit, indpb=0.15)
    toolbox.register("select", tools.selTournament, tournsize=3)
    return toolbox


def main() -> None:
    random.seed(int(os.environ.get("ARGMIN_SEED", "1")))
    toolbox = make_toolbox()
    best = tools.HallOfFame(1)
    population = toolbox.population(POPULATION)
    algorithms.eaMuPlusLambda(
        population, toolbox, POPULATION, POPULATION, 0.6, 0.4, GENERATIONS,
        halloffame=best, verbose=False,
    )  # fmt: skip

    value = best[0].fitness.values[0]
    print(f"Items taken: {[number for number, taken in enumerate(best[0]) if taken]}")
    print(f"Greatest value = {value:g}")
    report(objective=value, sense="Maximize")


if __name__ == "__main__":
    main()
