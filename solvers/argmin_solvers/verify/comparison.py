"""Holds the model that a solver was given against another reading of it, number by number.

The first difference is told in words, which follow "the solver was given another model: ".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argmin.api.answer import Sense
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.exact import ExactVariable
from argmin_solvers.models.linear import INFINITE, LinearModel
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.text import quote
from argmin_solvers.verify.base import Original
from argmin_solvers.verify.cpsat import CpSatOriginal, rebuild_cpsat_object
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.nonlinear import EvaluatedModel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_ROUNDING = 1e-9
"""What a sum may differ by, absolute and relative: its terms may be added in another order."""


def find_difference(given: Any, original: Original) -> str | None:
    """How the model that a solver was given differs from the one rebuilt; None where it does not.

    Of a model that is evaluated, these are the bounds of the variables.
    """
    if isinstance(given, LinearModel) and isinstance(original, ExactModel):
        return next(_compare(_tabulate(given), _tabulate_exact(original)), None)
    if isinstance(given, CpSatModel) and isinstance(original, CpSatOriginal):
        return next(_compare_protos(rebuild_cpsat_object(given.model).proto, original.proto), None)
    if isinstance(given, NonlinearModel) and isinstance(original, ExactModel | EvaluatedModel):
        return next(_compare_bounds(given, original.variables), None)
    return None


def find_change(given: Any, again: Any) -> str | None:
    """How two models differ that one reader made of what a function returned each time."""
    if isinstance(given, LinearModel) and isinstance(again, LinearModel):
        return next(_compare(_tabulate(given), _tabulate(again)), None)
    if isinstance(given, CpSatModel) and isinstance(again, CpSatModel):
        protos = (rebuild_cpsat_object(model.model).proto for model in (given, again))
        return next(_compare_protos(*protos), None)
    if isinstance(given, NonlinearModel) and isinstance(again, NonlinearModel):
        return next(_compare_nonlinear(given, again), None)
    return f"it is a {given.DESCRIPTION}, and was a {again.DESCRIPTION}"


def _tell(what: str, ours: object, theirs: object) -> str:
    return f"{what} is {ours}, and not {theirs}"


@dataclass(frozen=True)
class _Table:
    """A linear model: vectors over columns and rows, and its entries other than zero."""

    sense: Sense
    offset: float
    columns: Sequence[str]
    rows: Sequence[str]
    cost: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    row_lower: Floats
    row_upper: Floats
    at_row: Numbers
    at_column: Numbers
    value: Floats


def _tabulate(model: LinearModel) -> _Table:
    column = np.repeat(np.arange(model.columns), np.diff(model.start))
    kept = model.value != 0
    return _Table(
        sense=model.sense,
        offset=model.offset,
        columns=model.column_names,
        rows=model.row_names,
        cost=model.cost,
        lower=model.lower,
        upper=model.upper,
        integer=model.integer,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
        at_row=model.index[kept].astype(np.int64),
        at_column=column[kept],
        value=model.value[kept],
    )


def _tabulate_exact(model: ExactModel) -> _Table:
    shadow = model.shadow
    return _Table(
        sense=model.sense,
        offset=float(model.offset),
        columns=model.names,
        rows=[row.name for row in model.rows],
        cost=shadow.gain if model.sense is Sense.MAXIMIZE else -shadow.gain,
        lower=shadow.lower,
        upper=shadow.upper,
        integer=shadow.integer,
        row_lower=shadow.row_lower,
        row_upper=shadow.row_upper,
        at_row=shadow.row,
        at_column=shadow.column,
        value=shadow.value,
    )


def _compare(given: _Table, other: _Table) -> Iterator[str]:
    """What differs, one after another; columns and rows are matched by their names."""
    if given.sense is not other.sense:
        yield _tell("the sense", given.sense, other.sense)
    counts = (("variables", "columns"), ("constraints", "rows"), ("nonzeros", "value"))
    for what, part in counts:
        ours, theirs = len(getattr(given, part)), len(getattr(other, part))
        if ours != theirs:
            yield f"it has {ours} {what}, and not {theirs}"
            return
    columns, rows = _match(given.columns, other.columns), _match(given.rows, other.rows)
    if columns is None:
        stranger = next(iter(set(given.columns) - set(other.columns)), given.columns[0])
        yield f"it has a variable {quote(stranger)}"
        return
    if rows is None:  # names that a reader made up: then they are in one order
        rows = np.arange(len(given.rows))
    yield from _compare_vectors(given, other, columns, rows)
    yield from _compare_entries(given, other, columns, rows)


def _match(ours: Sequence[str], theirs: Sequence[str]) -> Numbers | None:
    """The position of each of their names among ours; None where names are not the same."""
    if list(ours) == list(theirs):
        return np.arange(len(ours))
    positions = {name: position for position, name in enumerate(ours)}
    if len(positions) < len(ours) or positions.keys() != set(theirs):
        return None
    return np.fromiter((positions[name] for name in theirs), np.int64, len(theirs))


def _compare_vectors(
    given: _Table, other: _Table, columns: Numbers, rows: Numbers
) -> Iterator[str]:
    if not _same(np.array([given.offset]), np.array([other.offset]))[0]:
        yield _tell("the constant of the objective", given.offset, other.offset)
    for part, what in (
        ("cost", "the objective coefficient of"),
        ("lower", "the lower bound of"),
        ("upper", "the upper bound of"),
        ("integer", "whether only integers are allowed for"),
    ):
        yield from _compare_parts(given, other, part, what, columns, other.columns)
    for part, what in (
        ("row_lower", "the lower side of constraint"),
        ("row_upper", "the upper side of constraint"),
    ):
        yield from _compare_parts(given, other, part, what, rows, other.rows)


def _compare_parts(
    given: _Table, other: _Table, part: str, what: str, order: Numbers, names: Sequence[str]
) -> Iterator[str]:
    ours, theirs = getattr(given, part)[order], getattr(other, part)
    for at in np.flatnonzero(~_same(ours, theirs))[:1].tolist():
        yield _tell(f"{what} {quote(names[at])}", ours[at], theirs[at])


def _compare_entries(
    given: _Table, other: _Table, columns: Numbers, rows: Numbers
) -> Iterator[str]:
    row, column = np.argsort(rows)[given.at_row], np.argsort(columns)[given.at_column]
    ours, theirs = np.lexsort((column, row)), np.lexsort((other.at_column, other.at_row))
    row, column, value = row[ours], column[ours], given.value[ours]
    elsewhere = (row != other.at_row[theirs]) | (column != other.at_column[theirs])
    wrong = elsewhere | ~_same(value, other.value[theirs])
    for at in np.flatnonzero(wrong)[:1].tolist():
        name, where = quote(other.columns[column[at]]), quote(other.rows[row[at]])
        what = f"the coefficient of {name} in constraint {where}"
        yield _tell(what, value[at], "there" if elsewhere[at] else other.value[theirs][at])


def _same(ours: Any, theirs: Any) -> NDArray[np.bool_]:
    return np.asarray(np.isclose(ours, theirs, rtol=_ROUNDING, atol=_ROUNDING), dtype=np.bool_)


def _compare_protos(given: Any, other: Any) -> Iterator[str]:
    """What differs of two CpModelProtos; their constraints may stand in another order."""
    counts = (len(given.variables), len(other.variables))
    if counts[0] != counts[1]:
        yield f"it has {counts[0]} variables, and not {counts[1]}"
    for ours, theirs in zip(given.variables, other.variables, strict=False):
        if ours != theirs:
            yield _tell(
                f"the domain of {quote(ours.name)}",
                list(ours.domain),
                f"{list(theirs.domain)} of {quote(theirs.name)}",
            )
    for part in ("objective", "floating_point_objective"):
        if getattr(given, part) != getattr(other, part):
            yield "its objective is another"
    if given.constraints != other.constraints:
        yield from _compare_constraints(given.constraints, other.constraints)


def _compare_constraints(given: Any, other: Any) -> Iterator[str]:
    written = [[c.SerializeToString(deterministic=True) for c in part] for part in (given, other)]
    strange = Counter(written[0]) - Counter(written[1])
    for at, text in enumerate(written[0]):
        if text in strange:
            name = f" {quote(given[at].name)}" if given[at].name else ""
            yield f"its constraint #{at}{name} is another"
            return
    if len(given) != len(other):
        yield f"it has {len(given)} constraints, and not {len(other)}"


def _compare_nonlinear(given: NonlinearModel, other: NonlinearModel) -> Iterator[str]:
    for what, ours, theirs in (
        ("the sense", given.sense, other.sense),
        ("the number of variables", len(given.names), len(other.names)),
        ("the number of integers", given.integers, other.integers),
        ("the number of constraints", len(given.constraints), len(other.constraints)),
    ):
        if ours != theirs:
            yield _tell(what, ours, theirs)
            return
    for what, bounds, others in (
        ("the lower bound of", given.lower, other.lower),
        ("the upper bound of", given.upper, other.upper),
    ):
        for name, bound, another in zip(given.names, bounds, others, strict=True):
            if not _close(bound, another):
                yield _tell(f"{what} {quote(name)}", bound, another)
    if given.names != other.names:
        yield "its variables have other names, or another order"
    if given.objective != other.objective or given.defined != other.defined:
        yield "its objective, or an expression that it shares, is another"
    rows = [
        list(zip(model.constraints, model.row_lower, model.row_upper, strict=True))
        for model in (given, other)
    ]
    for at, (row, another_row) in enumerate(zip(*rows, strict=True)):
        if row != another_row:
            yield f"its constraint #{at} is another"


def _compare_bounds(given: NonlinearModel, variables: Sequence[ExactVariable]) -> Iterator[str]:
    positions = {name: position for position, name in enumerate(given.names)}
    for variable in variables:
        position = positions.get(variable.name)
        if position is None:  # a fixed one, which its writer leaves out
            continue
        lower = -math.inf if variable.lower is None else float(variable.lower)
        upper = math.inf if variable.upper is None else float(variable.upper)
        name = quote(variable.name)
        if not _close(_unlimited(given.lower[position]), lower):
            yield _tell(f"the lower bound of {name}", given.lower[position], lower)
        if not _close(_unlimited(given.upper[position]), upper):
            yield _tell(f"the upper bound of {name}", given.upper[position], upper)


def _unlimited(bound: float) -> float:
    return math.copysign(math.inf, bound) if abs(bound) >= INFINITE else bound


def _close(ours: float, theirs: float) -> bool:
    return math.isclose(ours, theirs, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
