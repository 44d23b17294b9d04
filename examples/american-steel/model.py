"""American Steel: ship steel from two mills to four warehouses at the least cost.

A minimum-cost transshipment problem. `build` returns the model; argmin solves it.
"""

import pulp

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
    """The model: an integer flow on every arc, and no node gives more than it has."""
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
