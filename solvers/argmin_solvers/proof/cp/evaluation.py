"""Propagation by the check's own evaluation, for constraints that no row states exactly.

Once few combinations of values are left, each is put to the evaluation of `verify.cp`: values that
are in none that holds are taken away. So nothing is left to check where all variables are fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from argmin_solvers.proof.cp.domains import Domains
from argmin_solvers.proof.cp.rows import literal
from argmin_solvers.verify.cp.points import Points
from argmin_solvers.verify.cpsat import measure_violations

MOST_COMBINATIONS = 128
"""So many combinations of values are evaluated at once."""


class EvaluationPropagator:
    """Any constraint of a proto, by its evaluation at points."""

    def __init__(self, proto: Any, constraint: Any) -> None:
        self.variables = find_scope(proto, constraint)
        self._proto = proto
        self._constraint = constraint

    def propagate(self, domains: Domains) -> bool:
        """Whether any combination of values is left that holds."""
        open_ones = []
        size = 1
        for number in self.variables:
            if domains.low[number] != domains.high[number]:
                size *= domains.size(number)
                if size > MOST_COMBINATIONS:
                    return True
                open_ones.append(number)
        points = list_points(domains.low, open_ones, [domains.values(at) for at in open_ones])
        holding = points[measure_violations(self._constraint, Points(self._proto, points)) == 0]
        if not len(holding):
            return False
        return all(domains.keep(at, set(holding[:, at].tolist())) for at in open_ones)


def list_points(
    base: Sequence[int], numbers: Sequence[int], values: Sequence[Sequence[int]]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """One row for each combination of values of some variables; the others stay at the base."""
    points = np.tile(np.array(base, dtype=np.int64), (prod(map(len, values)), 1))
    if numbers:
        points[:, list(numbers)] = np.array(list(product(*values)), dtype=np.int64)
    return points


def find_scope(proto: Any, constraint: Any) -> tuple[int, ...]:
    """All variables that have a part in a constraint, those of its intervals as well."""
    references: list[int] = list(constraint.enforcement_literal)
    kind = constraint.WhichOneof("constraint")
    _collect(getattr(constraint, kind), references)
    if kind == "element" and constraint.element.vars:  # 0 is a variable, and not in the list
        references += [constraint.element.index, constraint.element.target]
    for number in _list_intervals(constraint, kind):
        interval = proto.constraints[number]
        references += interval.enforcement_literal
        _collect(interval.interval, references)
    return tuple(sorted({literal(reference)[0] for reference in references}))


_REFERENCES = {
    "vars", "literals", "target", "index", "active_literals", "f_direct", "f_inverse",
}  # fmt: skip
"""Fields that hold references to variables, where they hold numbers."""
_INTERVALS = {
    "no_overlap": ("intervals",),
    "no_overlap_2d": ("x_intervals", "y_intervals"),
    "cumulative": ("intervals",),
}


def _collect(message: Any, references: list[int]) -> None:
    """Gather the references of a message, and of the expressions in it."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                _collect(part, references)
        elif field.name in _REFERENCES:
            references += [value] if isinstance(value, int) else value


def _list_intervals(constraint: Any, kind: str) -> list[int]:
    fields = _INTERVALS.get(kind, ())
    return [number for field in fields for number in getattr(getattr(constraint, kind), field)]
