"""Nurse shifts: every roster of four nurses over three days of three shifts.

`build` returns the model; argmin enumerates its solutions.
"""

from ortools.sat.python import cp_model

NURSES = 4
SHIFTS = 3
DAYS = 3


def build() -> cp_model.CpModel:
    """The model: `works[nurse, day, shift]` is 1 where the nurse works that shift."""
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
