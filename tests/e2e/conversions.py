"""Instances in MPS, rewritten for the solvers that read something else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ortools.linear_solver.python import model_builder
from ortools.sat.python import cp_model


@dataclass(frozen=True)
class Row:
    """lower <= sum of coefficients times columns <= upper."""

    terms: tuple[tuple[int, float], ...]
    lower: float
    upper: float


@dataclass(frozen=True)
class Instance:
    """A minimisation as OR-Tools reads it; one number a column in `costs`, `lower`, `upper`."""

    costs: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    rows: tuple[Row, ...]


def read_mps(path: Path) -> Instance:
    """Read an MPS file by a reader that is not argmin's."""
    model = model_builder.Model()
    if not model.import_from_mps_file(str(path)):
        raise ValueError(f"{path} is no MPS file")
    columns = [model.var_from_index(i) for i in range(model.num_variables)]
    return Instance(
        costs=tuple(float(c.objective_coefficient) for c in columns),
        lower=tuple(float(c.lower_bound) for c in columns),
        upper=tuple(float(c.upper_bound) for c in columns),
        rows=tuple(_read_row(model, i) for i in range(model.num_constraints)),
    )


def _read_row(model: Any, index: int) -> Row:
    row = model.linear_constraint_from_index(index)
    columns = model.helper.constraint_var_indices(index)
    coefficients = model.helper.constraint_coefficients(index)
    terms = tuple(zip(map(int, columns), map(float, coefficients), strict=True))
    return Row(terms, float(row.lower_bound), float(row.upper_bound))


def to_cp_sat(instance: Instance) -> str:
    """An instance with whole numbers only, as the text of a CP-SAT model."""
    model = cp_model.CpModel()
    columns = [
        model.new_int_var(int(low), int(up), f"x{i}")
        for i, (low, up) in enumerate(zip(instance.lower, instance.upper, strict=True))
    ]
    for row in instance.rows:
        total = sum(int(value) * columns[i] for i, value in row.terms)
        domain = cp_model.Domain(_to_integer(row.lower), _to_integer(row.upper))
        model.add_linear_expression_in_domain(total, domain)
    model.minimize(sum(int(cost) * columns[i] for i, cost in enumerate(instance.costs)))
    return str(model.proto)


def _to_integer(bound: float) -> int:
    if math.isinf(bound):
        return int(cp_model.INT_MAX if bound > 0 else cp_model.INT_MIN)
    return int(bound)


def to_nl(instance: Instance, folder: Path) -> str:
    """An instance with continuous columns, as the text of an NL file."""
    import pyomo.environ as pyo

    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(len(instance.costs)))
    for i, (low, up) in enumerate(zip(instance.lower, instance.upper, strict=True)):
        model.x[i].setlb(None if math.isinf(low) else low)
        model.x[i].setub(None if math.isinf(up) else up)
    model.rows = pyo.ConstraintList()
    for row in instance.rows:
        total = sum(value * model.x[i] for i, value in row.terms)
        if row.lower == row.upper:
            model.rows.add(total == row.lower)
        else:
            model.rows.add(pyo.inequality(row.lower, total, row.upper))
    model.cost = pyo.Objective(expr=sum(c * model.x[i] for i, c in enumerate(instance.costs)))
    path = folder / "instance.nl"
    model.write(str(path))
    return path.read_text()
