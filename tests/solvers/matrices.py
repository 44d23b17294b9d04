"""Matrices of linear models, as solvers take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from argmin_solvers.models.linear import Integers


def by_columns(rows: Sequence[Mapping[int, float]], columns: int) -> tuple[Integers, Any, Any]:
    """Start, index and value by columns of a matrix given as {column: coefficient} for each row."""
    number = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    column = np.fromiter((at for row in rows for at in row), np.int64)
    value = np.fromiter((entry for row in rows for entry in row.values()), np.float64)
    order = np.argsort(column, kind="stable")
    counts = np.bincount(column, minlength=columns)
    start = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return start, number[order], value[order]
