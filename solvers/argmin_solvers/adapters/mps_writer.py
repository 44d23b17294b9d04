"""Writes a linear model for solvers that read files, in the one form that all read alike.

Takes a `LinearModel.plain()`: a minimisation, because readers ignore `OBJSENSE`, without a
constant, whose sign they disagree about. Every bound is spelt out, because their defaults differ;
names are plain, `C1`… and `R1`…, because each reader has characters and lengths of its own. A row
with two sides becomes two rows: as a range its other side would be rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from argmin_solvers.models.linear import LinearModel


def write_mps(model: LinearModel, path: Path) -> None:
    """Write a plain model, in free MPS, to a file."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(line + "\n" for line in _lines(model))


def _lines(model: LinearModel) -> Iterator[str]:
    yield "NAME argmin FREE"
    yield "ROWS"
    yield " N OBJ"
    rows = _Rows(model)
    yield from rows.declarations()
    yield "COLUMNS"
    yield from _columns(model, rows)
    yield "RHS"
    yield from rows.right_hand_sides()
    yield "BOUNDS"
    yield from _bounds(model)
    yield "ENDATA"


class _Rows:
    """The names under which each constraint is written: one, two, or none for a free row."""

    def __init__(self, model: LinearModel) -> None:
        self._sides: list[tuple[tuple[str, str, float], ...]] = [
            _sides(number, lower, upper)
            for number, (lower, upper) in enumerate(
                zip(model.row_lower.tolist(), model.row_upper.tolist(), strict=True), start=1
            )
        ]
        self.names = [tuple(name for name, _, _ in sides) for sides in self._sides]

    def declarations(self) -> Iterator[str]:
        for sides in self._sides:
            for name, sign, _ in sides:
                yield f" {sign} {name}"

    def right_hand_sides(self) -> Iterator[str]:
        for sides in self._sides:
            for name, _, value in sides:
                if value != 0:
                    yield f" RHS {name} {value!r}"


def _sides(number: int, lower: float, upper: float) -> tuple[tuple[str, str, float], ...]:
    if lower == upper:
        return ((f"R{number}", "E", lower),)
    sides = []
    if np.isfinite(upper):
        sides.append((f"R{number}", "L", upper))
    if np.isfinite(lower):
        sides.append((f"R{number}" if not sides else f"R{number}B", "G", lower))
    return tuple(sides)


def _columns(model: LinearModel, rows: _Rows) -> Iterator[str]:
    start, index = model.start.tolist(), model.index.tolist()
    value, cost, integer = model.value.tolist(), model.cost.tolist(), model.integer.tolist()
    in_integers = False
    for column in range(model.columns):
        if integer[column] != in_integers:
            in_integers = integer[column]
            yield f" M{column} 'MARKER' '{'INTORG' if in_integers else 'INTEND'}'"
        yield f" C{column + 1} OBJ {cost[column]!r}"
        for at in range(start[column], start[column + 1]):
            for name in rows.names[index[at]]:
                yield f" C{column + 1} {name} {value[at]!r}"
    if in_integers:
        yield f" M{model.columns} 'MARKER' 'INTEND'"


def _bounds(model: LinearModel) -> Iterator[str]:
    pairs = zip(model.lower.tolist(), model.upper.tolist(), strict=True)
    for number, (lower, upper) in enumerate(pairs, start=1):
        if lower == upper:
            yield f" FX B C{number} {lower!r}"
            continue
        yield f" LO B C{number} {lower!r}" if np.isfinite(lower) else f" MI B C{number}"
        yield f" UP B C{number} {upper!r}" if np.isfinite(upper) else f" PL B C{number}"
