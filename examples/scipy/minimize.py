"""SciPy `minimize`: problem 71 of Hock and Schittkowski, nonlinear with two constraints.

Least value 17.0140173 at (1, 4.743, 3.82115, 1.379408).
Source: W. Hock, K. Schittkowski, Test Examples for Nonlinear Programming Codes, Springer, 1981.
"""

from scipy.optimize import minimize

from argmin_solvers import report


def cost(x):
    return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]


CONSTRAINTS = [
    {"type": "ineq", "fun": lambda x: x[0] * x[1] * x[2] * x[3] - 25},
    {"type": "eq", "fun": lambda x: x @ x - 40},
]


def main() -> None:
    result = minimize(
        cost,
        x0=[1, 5, 5, 1],
        bounds=[(1, 5)] * 4,
        constraints=CONSTRAINTS,
        method="SLSQP",
        options={"ftol": 1e-9},
    )
    print(result.message)
    print(f"Least value = {result.fun:.7f}")
    # A local method proves no global optimum: the outcome is left at Feasible.
    if result.success:
        report(
            objective=result.fun,
            sense="Minimize",
            variables={f"x{number}": value for number, value in enumerate(result.x, start=1)},
        )


if __name__ == "__main__":
    main()
