"""SciPy `linprog`: Dantzig's transportation problem, two canneries and three markets.

Least cost 153.675 thousand dollars.
Source: G. B. Dantzig, Linear Programming and Extensions, Princeton University Press, 1963, ch. 3.3.
"""

import numpy as np
from scipy.optimize import linprog

from argmin_solvers import report

CANNERIES = {"Seattle": 350, "San Diego": 600}  # cases a day
MARKETS = {"New York": 325, "Chicago": 300, "Topeka": 275}  # cases a day
DISTANCE = np.array([[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]])  # thousand miles
FREIGHT = 90  # dollars a case and thousand miles


def main() -> None:
    cost = FREIGHT * DISTANCE.ravel() / 1000
    from_each = np.kron(np.eye(len(CANNERIES)), np.ones(len(MARKETS)))
    to_each = np.kron(np.ones(len(CANNERIES)), np.eye(len(MARKETS)))
    result = linprog(
        cost,
        A_ub=np.vstack([from_each, -to_each]),
        b_ub=[*CANNERIES.values(), *(-demand for demand in MARKETS.values())],
    )
    routes = [f"{cannery} to {market}" for cannery in CANNERIES for market in MARKETS]
    for route, cases in zip(routes, result.x, strict=True):
        print(f"{route}: {cases:g} cases")
    least = round(result.fun, 9)
    print(f"Least cost = {least}")
    report(
        objective=least,
        outcome="Optimal" if result.status == 0 else "Feasible",
        sense="Minimize",
        variables=dict(zip(routes, result.x, strict=True)),
    )


if __name__ == "__main__":
    main()
