"""SciPy `milp`: a 0-1 knapsack of 15 items.

Greatest value 1458.
Source: D. Kreher, D. Stinson, Combinatorial Algorithms, CRC Press, 1999.
"""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from argmin_solvers import report

CAPACITY = 750
VALUES = np.array([135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240])
WEIGHTS = np.array([70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120])


def main() -> None:
    result = milp(
        -VALUES,  # milp minimises
        integrality=np.ones(len(VALUES)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(WEIGHTS, ub=CAPACITY),
        options={"mip_rel_gap": 0},
    )
    taken = np.round(result.x).astype(int)
    value = int(VALUES @ taken)
    print(f"Items taken: {np.flatnonzero(taken)}, weight {WEIGHTS @ taken} of {CAPACITY}")
    print(f"Greatest value = {value}")
    report(
        objective=value,
        bound=-result.mip_dual_bound,
        outcome="Optimal" if result.status == 0 else "Feasible",
        sense="Maximize",
    )


if __name__ == "__main__":
    main()
