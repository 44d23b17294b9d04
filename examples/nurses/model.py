"""Nurse shifts: every way to give three shifts on three days to four nurses.

A model without objective; with `spec.solutionPool.enumerateAll` argmin finds each of its
solutions. There are 5184.
"""

from itertools import product

from ortools.sat.python import cp_model

NURSES, SHIFTS, DAYS = range(4), range(3), range(3)


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

    # Nine shifts for four nurses: two each, and one nurse has a third.
    least = len(SHIFTS) * len(DAYS) // len(NURSES)
    for nurse in NURSES:
        shifts = sum(works[nurse, day, shift] for day, shift in product(DAYS, SHIFTS))
        model.add_linear_constraint(shifts, least, least + 1)
    return model
