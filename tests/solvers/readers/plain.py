"""Models as plain values by name, so that those of our readers and of others' compare equal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from pyscipopt import Model, quicksum

from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.models.readers import read_lp, read_mps

INFINITE = 1e20
Terms = Mapping[str, float]


@dataclass(frozen=True)
class Plain:
    """A model; of each column its bounds and whether it is an integer, of each row its sides."""

    maximizes: bool
    offset: float
    goal: Terms
    columns: Mapping[str, tuple[float, float, bool]]
    rows: Mapping[str, tuple[float, float, Terms]]


def read(path: Path) -> ExactLinear:
    """The model of a file, by our reader."""
    return read_lp(path) if path.suffix == ".lp" else read_mps(path)


def variables_of(model: ExactLinear) -> list[Any]:
    """Name, lower and upper bound of each variable, and whether it is an integer."""
    return [(v.name, v.lower, v.upper, v.integer) for v in model.variables]


def read_ours(path: Path) -> Plain:
    """A file as our reader reads it, rounded to doubles."""
    model = read(path).to_linear()
    return _plain(
        model.maximizes,
        model.offset,
        (model.column_names, model.cost, model.lower, model.upper, model.integer),
        (model.row_names, model.row_lower, model.row_upper),
        (model.start, model.index, model.value),
    )


def read_by_highs(path: Path) -> Plain:
    """A file as HiGHS reads it."""
    highs = highspy.Highs()
    highs.silent()
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.ensureColwise()
    lp = highs.getLp()
    return _plain(
        lp.sense_ == highspy.ObjSense.kMaximize,
        lp.offset_,
        (
            lp.col_names_,
            lp.col_cost_,
            lp.col_lower_,
            lp.col_upper_,
            [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_]
            or [False] * lp.num_col_,
        ),
        (lp.row_names_, lp.row_lower_, lp.row_upper_),
        (lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_),
    )


def read_by_scip(path: Path) -> Plain:
    """A file as SCIP reads it."""
    scip = Model()
    scip.hideOutput()
    scip.readProblem(str(path))
    variables, rows = scip.getVars(), scip.getConss()
    return Plain(
        scip.getObjectiveSense() == "maximize",
        scip.getObjoffset(),
        {v.name: v.getObj() for v in variables if v.getObj()},
        {
            v.name: (
                _open(v.getLbOriginal()),
                _open(v.getUbOriginal()),
                v.vtype() in ("INTEGER", "BINARY"),
            )
            for v in variables
        },
        {
            row.name: (
                _open(scip.getLhs(row)),
                _open(scip.getRhs(row)),
                {name: value for name, value in scip.getValsLinear(row).items() if value},
            )
            for row in rows
        },
    )


def best_of(path: Path) -> float:
    """The optimum of a file as our reader reads it, by SCIP."""
    model = read_ours(path)
    scip = Model()
    scip.hideOutput()
    made = {
        name: scip.addVar(name, "I" if integer else "C", lower, upper)
        for name, (lower, upper, integer) in model.columns.items()
    }
    for lower, upper, terms in model.rows.values():
        total = quicksum(value * made[name] for name, value in terms.items())
        scip.addCons((total <= upper) if lower == -math.inf else (lower <= (total <= upper)))
    goal = quicksum(value * made[name] for name, value in model.goal.items()) + model.offset
    scip.setObjective(goal, "maximize" if model.maximizes else "minimize")
    scip.optimize()
    assert scip.getStatus() == "optimal"
    best: float = scip.getObjVal()
    return best


def _open(bound: float) -> float:
    return bound if abs(bound) < INFINITE else math.copysign(math.inf, bound)


def _plain(
    maximizes: bool,
    offset: float,
    columns: tuple[Iterable[Any], ...],
    rows: tuple[Iterable[Any], ...],
    matrix: tuple[Iterable[int], ...],
) -> Plain:
    names, cost, *bounds = (list(part) for part in columns)
    row_names, lower, upper = (list(part) for part in rows)
    start, index, value = (list(part) for part in matrix)
    terms: list[dict[str, float]] = [{} for _ in row_names]
    column_of = np.repeat(np.arange(len(names)), np.diff(start)).tolist()
    for column, row, entry in zip(column_of, index, value, strict=True):
        if entry:
            terms[row][str(names[column])] = float(entry)
    return Plain(
        bool(maximizes),
        float(offset),
        {str(name): float(each) for name, each in zip(names, cost, strict=True) if each},
        {
            str(name): (float(low), float(up), bool(integer))
            for name, low, up, integer in zip(names, *bounds, strict=True)
        },
        {
            str(name): (float(low), float(up), each)
            for name, low, up, each in zip(row_names, lower, upper, terms, strict=True)
        },
    )
