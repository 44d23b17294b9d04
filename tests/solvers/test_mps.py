from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers import read_mps
from tests.solvers.problems import MPS, solve

BASE = """\
NAME          EXAMPLE
ROWS
 N  COST
 L  CAPACITY
 G  DEMAND
 E  BALANCE
COLUMNS
    X         COST      1.5            CAPACITY  1
    X         DEMAND    2
    Y         COST      -2             BALANCE   1
RHS
    RHS       CAPACITY  4              DEMAND    1
BOUNDS
 UP BND       X         3
ENDATA
"""


def read(text: str, folder: Path) -> LinearModel:
    path = folder / "model.mps"
    path.write_text(text)
    return read_mps(path).to_linear()


def refusal(text: str, folder: Path, reason: Reason = Reason.INVALID_MODEL) -> str:
    with pytest.raises(RunError) as caught:
        read(text, folder)
    assert caught.value.reason is reason
    return caught.value.message


def in_order(start: Any, index: Any, value: Any) -> list[tuple[int, int, float]]:
    """Column, row and value of each entry of a matrix."""
    column = np.repeat(np.arange(len(start) - 1), np.diff(start))
    return sorted(zip(column.tolist(), list(index), list(value), strict=True))


@pytest.mark.parametrize("name", ["afiro", "lseu", "p0548", "egout", "rgn", "woodinfe"])
def test_public_instances_are_read_as_highs_reads_them(name: str) -> None:
    model = read_mps(MPS / f"{name}.mps").to_linear()
    highs = highspy.Highs()
    highs.silent()
    highs.readModel(str(MPS / f"{name}.mps"))
    lp = highs.getLp()
    assert list(model.column_names) == list(lp.col_names_)
    assert np.array_equal(model.cost, lp.col_cost_)
    assert np.array_equal(model.lower, lp.col_lower_)
    assert np.array_equal(model.upper, lp.col_upper_)
    assert np.array_equal(model.row_lower, lp.row_lower_)
    assert np.array_equal(model.row_upper, lp.row_upper_)
    assert np.array_equal(model.start, lp.a_matrix_.start_)
    assert in_order(model.start, model.index, model.value) == in_order(
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_
    )
    assert model.integers == sum(k == highspy.HighsVarType.kInteger for k in lp.integrality_)


def test_garbage_is_refused_with_its_file_and_line() -> None:
    with pytest.raises(RunError) as caught:
        read_mps(MPS / "garbage.mps")
    assert caught.value.message.startswith("garbage.mps line 2: 'dvhfalkmnthry6v54y76m87yq")
    assert "is no section of an MPS file" in caught.value.message


@pytest.mark.parametrize("section", ["OBJSENSE\n    MAX\n", "OBJSENSE MAXIMIZE\n"])
def test_a_maximisation_is_read_as_one(section: str, tmp_path: Path) -> None:
    assert read(BASE.replace("ROWS\n", f"{section}ROWS\n"), tmp_path).sense is Sense.MAXIMIZE
    assert read(BASE, tmp_path).sense is Sense.MINIMIZE


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1.5 ", "nan ", "model.mps line 8: 'nan' is not a number"),
        ("1.5 ", "inf ", "model.mps line 8: 'inf' is not a finite number"),
        ("1.5 ", "1e999 ", "model.mps line 8: '1e999' is not a finite number"),
        ("1.5 ", "1.5x ", "model.mps line 8: '1.5x' is not a number"),
        ("1.5 ", "1_5 ", "model.mps line 8: '1_5' is not a number"),
        ("X         DEMAND", "X         DEMAMD", "line 9: row 'DEMAMD' is not declared in ROWS"),
        ("X         DEMAND", "X         CAPACITY", "line 9: column 'X' has row 'CAPACITY' twice"),
        (" G  DEMAND", " Q  DEMAND", "line 5: the type of a row is N, L, G or E, not 'Q'"),
        (" G  DEMAND", " G  CAPACITY", "line 5: row 'CAPACITY' is declared twice"),
        ("ENDATA\n", "", "line 14: the file ends without ENDATA: is it cut off?"),
        ("BOUNDS", "BONDS", "line 13: 'BONDS' is no section of an MPS file"),
        ("X         3\n", "Z         3\n", "line 14: column 'Z' of bound UP is not in COLUMNS"),
        ("X         3\n", "X         -3\n", "column 'X' has upper bound -3.0 and no lower bound"),
        (" N  COST\n", "", "row 'COST' is not declared in ROWS"),
    ],
)
def test_mistakes_are_refused_with_their_line(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    assert message in refusal(BASE.replace(old, new), tmp_path)


def test_crossing_bounds_are_read_as_they_are_and_make_the_model_infeasible(
    tmp_path: Path,
) -> None:
    model = read(BASE.replace("ENDATA", " LO BND       X         5\nENDATA"), tmp_path)
    assert (model.lower[0], model.upper[0]) == (5.0, 3.0)
    assert solve(SolverName.HIGHS, model, tmp_path).outcome is Outcome.INFEASIBLE


@pytest.mark.parametrize(
    ("first", "second", "line", "what"),
    [
        (" BV BND X\n", " UP BND X 5\n", 16, "upper bound 5.0"),
        (" LO BND X -3\n", " BV BND X\n", 15, "lower bound -3.0"),
        (" BV BND X\n", " FR BND X\n", 16, "lower bound -inf"),
        (" PL BND X\n", " BV BND X\n", 15, "upper bound inf"),
    ],
)
def test_a_bound_beyond_0_and_1_beside_bv_is_refused_in_either_order(
    first: str, second: str, line: int, what: str, tmp_path: Path
) -> None:
    text = BASE.replace(" X         3\n", " Y         3\n").replace(
        "ENDATA", f"{first}{second}ENDATA"
    )
    assert refusal(text, tmp_path) == (
        f"model.mps line {line}: column 'X' has bound BV and {what}: solvers read this"
        " differently; keep its bounds within 0 and 1, or leave out BV and write LI and UI"
    )


@pytest.mark.parametrize("kind", ["FR", "BV"])
def test_a_vector_named_like_a_column_leaves_open_which_is_bounded(
    kind: str, tmp_path: Path
) -> None:
    text = BASE.replace(" UP BND       X         3", f" {kind} X         Y")
    assert refusal(text, tmp_path) == (
        f"model.mps line 14: bound {kind} of 'X' or of 'Y', both are columns: solvers read this"
        " differently; give the vector of BOUNDS a name of its own"
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_bound_within_0_and_1_beside_bv_is_kept(order: int, tmp_path: Path) -> None:
    lines = [" BV BND X\n BV BND Y\n", " FX BND X 1\n UP BND Y 0\n"][::order]
    text = BASE.replace(" UP BND       X         3\n", "".join(lines))
    model = read(text, tmp_path)
    assert (list(model.lower), list(model.upper)) == ([1.0, 0.0], [1.0, 0.0])
    assert model.integers == 2


def test_what_is_not_linear_is_unsupported(tmp_path: Path) -> None:
    text = BASE.replace("ENDATA", "QUADOBJ\n    X X 1\nENDATA")
    message = refusal(text, tmp_path, Reason.UNSUPPORTED)
    assert message.startswith("model.mps line 15: section QUADOBJ holds quadratic terms")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.mps"
    path.write_bytes(BASE.encode().replace(b"DEMAND", b"DEM\xffND"))
    with pytest.raises(RunError, match=r"model.mps line 5: byte 0xff is not UTF-8 text"):
        read_mps(path)


def test_a_missing_file_is_a_missing_source(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        read_mps(tmp_path / "none.mps")
    assert caught.value.reason is Reason.SOURCE_NOT_FOUND


def test_names_with_blanks_are_read_in_fixed_columns(tmp_path: Path) -> None:
    text = BASE.replace(" L  CAPACITY", " L  CAP ACIT").replace("CAPACITY  ", "CAP ACIT  ")
    assert "CAP ACIT" in read(text, tmp_path).row_names


def test_the_right_side_of_the_objective_is_the_negative_of_its_constant(tmp_path: Path) -> None:
    text = BASE.replace("RHS       CAPACITY  4 ", "RHS       COST     -7 ")
    assert read(text, tmp_path).offset == 7.0


def test_ranges_follow_the_sign_of_their_row(tmp_path: Path) -> None:
    ranges = "RANGES\n    R CAPACITY 3 DEMAND 2\n    R BALANCE -5\nBOUNDS\n"
    model = read(BASE.replace("BOUNDS\n", ranges), tmp_path)
    assert list(model.row_lower) == [1.0, 1.0, -5.0]
    assert list(model.row_upper) == [4.0, 3.0, 0.0]


def test_integers_between_markers_are_binary_unless_bounded(tmp_path: Path) -> None:
    text = BASE.replace("    Y ", "    M1 'MARKER' 'INTORG'\n    Y ")
    text = text.replace("RHS\n", "    M2 'MARKER' 'INTEND'\nRHS\n", 1)
    model = read(text, tmp_path)
    assert (model.lower[1], model.upper[1], bool(model.integer[1])) == (0.0, 1.0, True)
    model = read(text.replace("ENDATA", " PL BND Y\nENDATA"), tmp_path)
    assert model.upper[1] == math.inf
