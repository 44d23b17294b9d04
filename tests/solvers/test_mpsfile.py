"""The file by which solvers get their model: all of them, and our own reader, read it alike."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argmin.api.answer import Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.mps_writer import write_mps
from argmin_solvers.models.linear import LinearModel, build_linear
from argmin_solvers.models.readers import read_mps
from tests.solvers.matrices import by_columns
from tests.solvers.problems import solve

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
bounds = st.tuples(
    st.one_of(st.just(-math.inf), st.floats(-1e6, 0)), st.one_of(st.just(math.inf), numbers)
).map(lambda pair: (min(pair), max(pair)))


@st.composite
def linear_models(draw: st.DrawFn) -> LinearModel:
    """Any small model: empty columns, free and two-sided rows, constants, both senses."""
    columns, rows = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    entries = st.dictionaries(st.integers(0, columns - 1), numbers.filter(bool))
    matrix = [draw(entries) for _ in range(rows)]
    limits = [draw(bounds) for _ in range(columns)]
    sides = [draw(bounds) for _ in range(rows)]
    return build_linear(
        origin="drawn",
        sense=draw(st.sampled_from(Sense)),
        offset=draw(numbers),
        cost=[draw(numbers) for _ in range(columns)],
        bounds=([low for low, _ in limits], [up for _, up in limits]),
        integer=[draw(st.booleans()) for _ in range(columns)],
        column_names=[f"x{n}" for n in range(columns)],
        row_bounds=([low for low, _ in sides], [up for _, up in sides]),
        row_names=[f"r{n}" for n in range(rows)],
        matrix=by_columns(matrix, columns),
    )


def dense(model: LinearModel) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    matrix = np.zeros((model.rows, model.columns))
    for column in range(model.columns):
        part = slice(model.start[column], model.start[column + 1])
        matrix[model.index[part], column] = model.value[part]
    return matrix


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=linear_models())
def test_what_is_written_is_what_is_read(model: LinearModel, tmp_path: Path) -> None:
    plain = model.plain()
    write_mps(plain, tmp_path / "model.mps")
    read = read_mps(tmp_path / "model.mps").to_linear()
    assert (read.sense, read.offset) == (Sense.MINIMIZE, 0.0)
    for part in ("cost", "lower", "upper", "integer"):
        assert np.array_equal(getattr(read, part), getattr(plain, part)), part
    assert allowed(read) == allowed(plain)


def allowed(model: LinearModel) -> list[tuple[tuple[float, ...], float]]:
    """Each side of each row as `coefficients · x >= bound`, in sorted order."""
    sides = []
    for row, lower, upper in zip(dense(model), model.row_lower, model.row_upper, strict=True):
        if np.isfinite(lower):
            sides.append((tuple(row.tolist()), float(lower)))
        if np.isfinite(upper):
            sides.append((tuple((-row + 0.0).tolist()), float(-upper)))
    return sorted(sides)


@given(model=linear_models())
def test_the_plain_form_has_the_same_objective_everywhere(model: LinearModel) -> None:
    plain = model.plain()
    point = np.arange(1.0, model.columns + 1)
    extended = np.append(point, 1.0)[: plain.columns]
    direction = -1.0 if model.maximizes else 1.0
    assert direction * plain.objective_at(extended) == model.objective_at(point)


@pytest.mark.parametrize("solver", ["cbc", "glpk", "highs", "scip", "scipy"])
def test_a_maximisation_from_an_mps_file_is_maximised(solver: str, tmp_path: Path) -> None:
    (tmp_path / "max.mps").write_text(
        "NAME EXAMPLE\nOBJSENSE\n    MAX\nROWS\n N COST\n L CAPACITY\nCOLUMNS\n"
        "    M1 'MARKER' 'INTORG'\n    X COST 3 CAPACITY 2\n    Y COST 2 CAPACITY 1\n"
        "    M2 'MARKER' 'INTEND'\nRHS\n    RHS CAPACITY 7 COST -10\n"
        "BOUNDS\n UP B X 5\n UP B Y 4\nENDATA\n"
    )
    result = solve(SolverName(solver), read_mps(tmp_path / "max.mps").to_linear(), tmp_path)
    assert (result.outcome, result.sense) == ("Optimal", Sense.MAXIMIZE)
    assert (result.objective, result.best_bound) == (22.0, 22.0)
    assert result.values == {"X": 2.0, "Y": 3.0}
