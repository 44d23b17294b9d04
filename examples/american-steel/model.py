"""American Steel: ship steel from the mills to the customers at the least cost.

A transshipment problem: integer flows on arcs with limits; at every node, what comes in covers
what is asked for and what goes out. Solved as a model: argmin chooses the solver and solves it.
The least cost is 15005.0.
"""

import pulp

SUPPLY = {"Youngstown": 10000, "Pittsburgh": 15000}
DEMAND = {"Albany": 3000, "Houston": 7000, "Tempe": 4000, "Gary": 6000}

# from, to: cost per unit, least flow, greatest flow
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
    problem = pulp.LpProblem("American_Steel", pulp.LpMinimize)
    flow = {
        (origin, target): pulp.LpVariable(f"flow_{origin}_{target}", least, most, pulp.LpInteger)
        for (origin, target), (_, least, most) in ARCS.items()
    }
    problem += pulp.lpSum(cost * flow[arc] for arc, (cost, _, _) in ARCS.items())
    for node in sorted({node for arc in ARCS for node in arc}):
        inflow = pulp.lpSum(flow[arc] for arc in ARCS if arc[1] == node)
        outflow = pulp.lpSum(flow[arc] for arc in ARCS if arc[0] == node)
        supply, demand = SUPPLY.get(node, 0), DEMAND.get(node, 0)
        problem += supply + inflow >= demand + outflow, f"balance_{node}".replace(" ", "_")
    return problem
