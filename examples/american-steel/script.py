"""American Steel, as a program that builds its model, solves it with CBC and tells the answer.

It also writes the problem as an LP file into its output folder, which comes back with the result.
"""

import os
from pathlib import Path

import pulp

from argmin_solvers import report

SUPPLY = {"Youngstown": 10000, "Pittsburgh": 15000}
DEMAND = {"Albany": 3000, "Houston": 7000, "Tempe": 4000, "Gary": 6000}
NODES = [*SUPPLY, "Cincinnati", "Kansas City", "Chicago", *DEMAND]

# (from, to): (cost of a unit, least flow, largest flow)
ARCS = {
    ("Youngstown", "Albany"): (0.5, 0, 1000),
    ("Youngstown", "Cincinnati"): (0.35, 0, 3000),
    ("Youngstown", "Kansas City"): (0.45, 1000, 5000),
    ("Youngstown", "Chicago"): (0.375, 0, 5000),
    ("Pittsburgh", "Cincinnati"): (0.35, 0, 2000),
    ("Pittsburgh", "Kansas City"): (0.45, 2000, 3000),
    ("Pittsburgh", "Chicago"): (0.4, 0, 4000),
    ("Pittsburgh", "Gary"): (0.45, 0, 2000),
    ("Cincinnati", "Albany"): (0.35, 1000, 5000),
    ("Cincinnati", "Houston"): (0.55, 0, 6000),
    ("Kansas City", "Houston"): (0.375, 0, 4000),
    ("Kansas City", "Tempe"): (0.65, 0, 4000),
    ("Chicago", "Tempe"): (0.6, 0, 2000),
    ("Chicago", "Gary"): (0.12, 0, 4000),
}


def build() -> pulp.LpProblem:
    """An integer flow on every arc, and no node gives more than it has."""
    problem = pulp.LpProblem("American_Steel", pulp.LpMinimize)
    flow = {
        arc: pulp.LpVariable(
            "Route_" + "_".join(arc).replace(" ", "_"), least, most, pulp.LpInteger
        )
        for arc, (_, least, most) in ARCS.items()
    }
    problem += pulp.lpSum(cost * flow[arc] for arc, (cost, _, _) in ARCS.items()), "Total_Cost"
    for node in NODES:
        inflow = pulp.lpSum(flow[arc] for arc in ARCS if arc[1] == node)
        outflow = pulp.lpSum(flow[arc] for arc in ARCS if arc[0] == node)
        balance = SUPPLY.get(node, 0) + inflow >= DEMAND.get(node, 0) + outflow
        problem += balance, "Balance_" + node.replace(" ", "_")
    return problem


def main() -> None:
    """Solve, and say what was found."""
    problem = build()
    # argmin says where the output named `data` is; without it, beside the program.
    folder = Path(os.environ.get("ARGMIN_OUTPUT_DATA", "."))
    problem.writeLP(str(folder / "AmericanSteelProblem.lp"))
    problem.solve(pulp.COIN_CMD(msg=False))
    status = pulp.LpSolution[problem.sol_status]
    cost = pulp.value(problem.objective)
    print("Status:", status)
    for variable in problem.variables():
        print(variable.name, "=", variable.varValue)
    print("Total Cost of Transportation =", cost)
    is_optimal = problem.sol_status == pulp.LpSolutionOptimal
    report(objective=cost, sense="Minimize", outcome="Optimal" if is_optimal else "Feasible")


if __name__ == "__main__":
    main()
