"""Nurse shifts as a program of its own: it enumerates the solutions and reports their number.

Four nurses, three shifts, three days. There are 5184 solutions.
"""

from itertools import product

from argmin_solvers import report
from ortools.sat.python import cp_model

NURSES, SHIFTS, DAYS = range(4), range(3), range(3)


class Counter(cp_model.CpSolverSolutionCallback):
    """Counts solutions, and tells about every thousandth."""

    def __init__(self) -> None:
        super().__init__()
        self.solutions = 0

    def on_solution_callback(self) -> None:
        self.solutions += 1
        if self.solutions % 1000 == 0:
            print(f"{self.solutions} solutions so far")


def build() -> cp_model.CpModel:
    model = cp_model.CpModel()
    works = {
        (nurse, day, shift): model.new_bool_var(f"nurse{nurse}_day{day}_shift{shift}")
        for nurse, day, shift in product(NURSES, DAYS, SHIFTS)
    }
    for day, shift in product(DAYS, SHIFTS):
        model.add_exactly_one(works[nurse, day, shift] for nurse in NURSES)
    for nurse, day in product(NURSES, DAYS):
        model.add_at_most_one(works[nurse, day, shift] for shift in SHIFTS)
    least = len(SHIFTS) * len(DAYS) // len(NURSES)
    for nurse in NURSES:
        shifts = sum(works[nurse, day, shift] for day, shift in product(DAYS, SHIFTS))
        model.add_linear_constraint(shifts, least, least + 1)
    return model


def main() -> None:
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    counter = Counter()
    status = solver.solve(build(), counter)

    print(f"Solutions found = {counter.solutions}")
    report(
        solutions=counter.solutions,
        outcome="Optimal" if status == cp_model.OPTIMAL else "Feasible",
    )


if __name__ == "__main__":
    main()
