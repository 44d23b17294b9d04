"""Inspyred: an evolution strategy on g08, a function of two variables with two constraints.

Least value -0.0958250414 at (1.2279714, 4.2453733); an evolution proves no optimum, so the
outcome is Feasible.
Source: J. Liang et al., Problem Definitions and Evaluation Criteria for the CEC 2006 Special
Session on Constrained Real-Parameter Optimization, Nanyang Technological University, 2006.
"""

import math
import os
import random

import inspyred

from argmin_solvers import report

GENERATIONS, POPULATION = 400, 150


def g08(x1, x2):
    return -(math.sin(2 * math.pi * x1) ** 3) * math.sin(2 * math.pi * x2) / (x1**3 * (x1 + x2))


def violation(x1, x2):
    return max(0.0, x1**2 - x2 + 1) + max(0.0, 1 - x1 + (x2 - 4) ** 2)


def generate(random, args):
    return [random.uniform(1e-3, 10), random.uniform(1e-3, 10)]


@inspyred.ec.evaluators.evaluator
def evaluate(candidate, args):
    """The function where it is allowed; elsewhere a number above all of its values."""
    excess = violation(*candidate)
    return g08(*candidate) if excess == 0 else 1000 + excess


def main() -> None:
    evolution = inspyred.ec.ES(random.Random(int(os.environ.get("ARGMIN_SEED", "1"))))
    evolution.terminator = inspyred.ec.terminators.generation_termination
    population = evolution.evolve(
        generator=generate,
        evaluator=evaluate,
        pop_size=POPULATION,
        maximize=False,
        bounder=inspyred.ec.Bounder(1e-3, 10),
        max_generations=GENERATIONS,
    )
    best = min(population, key=lambda individual: individual.fitness)
    x1, x2 = best.candidate[:2]  # the strategy keeps its step sizes behind them
    print(f"Least value = {best.fitness:.10f} at ({x1:.7f}, {x2:.7f})")
    report(objective=best.fitness, sense="Minimize", variables={"x1": x1, "x2": x2})


if __name__ == "__main__":
    main()
