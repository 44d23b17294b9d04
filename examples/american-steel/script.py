"""American Steel as a program of its own: it builds, solves and reports by itself.

Writes the problem as an LP file into the output `data`, prints the cost and reports it.
The least cost is 15005.0.
"""

import argparse
import os
from pathlib import Path

import pulp
from argmin_solvers import report

SUPPLY = {"Youngstown": 10000, "Pittsburgh": 15000}
DEMAND = {"Albany": 3000, "Houston": 7000, "Tempe": 4000, "Gary": 6000}

# from, to, cost per unit, least flow, greatest flow
ARCS = [
    ("Youngstown", "Albany", 0.5, 0, 1000),
    ("Youngstown", "Cincinnati", 0.35, 0, 3000),
    ("Youngstown", "Kansas City", 0.45, 1000, 5000),
    ("Youngstown", "Chicago", 0.375, 0, 5000),
    ("Pittsburgh", "Cincinnati", 0.35, 0, 2000),
    ("Pittsburgh", "Kansas City", 0.45, 2000, 3000),
    ("Pittsburgh", "Chicago", 0.4, 0, 4000),
    ("Pittsburgh", "Gary", 0.45, 0, 2000),
    ("Cincinnati", "Albany", 0.35, 1000, 5000),
    ("Cincinnati", "Houston", 0.55, 0, 6000),
    ("Kansas City", "Houston", 0.375, 0, 4000),
    ("Kansas City", "Tempe", 0.65, 0, 4000),
    ("Chicago", "Tempe", 0.6, 0, 2000),
    ("Chicago", "Gary", 0.12, 0, 4000),
]


def build(month: int) -> pulp.LpProblem:
    problem = pulp.LpProblem(f"American_Steel_{month}", pulp.LpMinimize)
    flow = {
        (origin, target): pulp.LpVariable(f"flow_{origin}_{target}", least, most, pulp.LpInteger)
        for origin, target, _, least, most in ARCS
    }
    problem += pulp.lpSum(cost * flow[origin, target] for origin, target, cost, _, _ in ARCS)
    for node in sorted({node for arc in flow for node in arc}):
        inflow = pulp.lpSum(flow[arc] for arc in flow if arc[1] == node)
        outflow = pulp.lpSum(flow[arc] for arc in flow if arc[0] == node)
        supply, demand = SUPPLY.get(node, 0), DEMAND.get(node, 0)
        problem += supply + inflow >= demand + outflow, f"balance_{node}".replace(" ", "_")
    return problem


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--month", type=int, default=11)
    month = parser.parse_args().month

    problem = build(month)
    data = Path(os.environ.get("ARGMIN_OUTPUT_DATA", "data"))
    data.mkdir(parents=True, exist_ok=True)
    problem.writeLP(str(data / f"american-steel-{month}.lp"))

    problem.solve(pulp.HiGHS(msg=False))
    for variable in problem.variables():
        print(f"{variable.name} = {variable.value():g}")
    cost = round(problem.objective.value(), 6)
    print(f"Total Cost of Transportation = {cost}")

    # PuLP's status says Optimal at a time limit too; sol_status is the one that knows.
    proven = problem.sol_status == pulp.LpSolutionOptimal
    report(
        objective=cost,
        bound=cost if proven else None,
        outcome="Optimal" if proven else "Feasible",
        sense="Minimize",
        variables={variable.name: variable.value() for variable in problem.variables()},
    )


if __name__ == "__main__":
    main()
