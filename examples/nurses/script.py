"""Nurse shifts, as a program that enumerates every roster with CP-SAT and counts them."""

from ortools.sat.python import cp_model

from argmin_solvers import report

NURSES = 4
SHIFTS = 3
DAYS = 3


def build() -> cp_model.CpModel:
    """`works[nurse, day, shift]` is 1 where the nurse works that shift."""
    model = cp_model.CpModel()
    works = {
        (nurse, day, shift): model.new_bool_var(f"nurse{nurse}_day{day}_shift{shift}")
        for nurse in range(NURSES)
        for day in range(DAYS)
        for shift in range(SHIFTS)
    }
    for day in range(DAYS):
        for shift in range(SHIFTS):
            model.add_exactly_one(works[nurse, day, shift] for nurse in range(NURSES))
        for nurse in range(NURSES):
            model.add_at_most_one(works[nurse, day, shift] for shift in range(SHIFTS))
    # The shifts are spread as evenly as they can be.
    least, remainder = divmod(DAYS * SHIFTS, NURSES)
    most = least + (1 if remainder else 0)
    for nurse in range(NURSES):
        worked = [works[nurse, day, shift] for day in range(DAYS) for shift in range(SHIFTS)]
        model.add_linear_constraint(sum(worked), least, most)
    return model


class Counter(cp_model.CpSolverSolutionCallback):
    """Counts the solutions as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def on_solution_callback(self) -> None:
        self.count += 1


def main() -> None:
    """Enumerate, and say how many there are."""
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    counter = Counter()
    status = solver.solve(build(), counter)
    print("Status:", solver.status_name(status))
    print("Solutions found:", counter.count)
    is_complete = status == cp_model.OPTIMAL
    report(solutions=counter.count, outcome="Optimal" if is_complete else "Feasible")


if __name__ == "__main__":
    main()
