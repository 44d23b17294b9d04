"""Files are read by the reader of the solvers, in exact numbers, when an answer is checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from argmin.api.answer import Reason
from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.errors import RunError
from argmin_solvers.models import load_model
from argmin_solvers.verify.comparison import find_difference
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.reload import rebuild
from tests.solvers.problems import exact
from tests.solvers.verify.sources import LP, MPS


@pytest.mark.parametrize(("format_", "text"), [(ModelFormat.LP, LP), (ModelFormat.MPS, MPS)])
def test_the_byte_order_mark_of_windows_is_read_over(
    format_: ModelFormat, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "model"
    declared = SolveTask(format=format_, path=str(path))
    path.write_bytes(text.encode("utf-8-sig"))
    original = rebuild(declared).original
    assert isinstance(original, ExactModel)
    assert find_difference(load_model(declared), original) is None
    assert np.array_equal(original.to_linear().cost, [3.0, 2.0])


def test_numbers_are_the_decimals_of_the_file() -> None:
    model = exact("min\n 0.1 x\nst\n r: 0.1 x + 0.2 y = 0.3\nend\n")
    (row,) = model.rows
    assert (row.coefficients, row.upper, row.scale) == ((1, 2), 3, 10)
    assert model.assess([{"x": 1.0, "y": 1.0}])[0].largest == 0.0


def test_the_constant_of_a_row_moves_to_its_side_without_an_error() -> None:
    (row,) = exact("min\n x\nst\n r: x + 0.1 - 0.3 <= 0.1\nend\n").rows
    assert (row.upper, row.scale) == (3, 10)


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        (ModelFormat.LP, "min\n x\nst\n r: x >= what\nend\n"),
        (ModelFormat.LP, "nothing of the kind"),
        (ModelFormat.LP, "min\n x\nst\n r: x >= 1e999999999\nend\n"),
        (ModelFormat.MPS, "NAME\nROWS\n N C\nCOLUMNS\n X NOWHERE 1\nENDATA\n"),
    ],
)
def test_a_file_that_was_changed_while_it_was_solved_is_not_guessed(
    format_: ModelFormat, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "model"
    path.write_text(text)
    with pytest.raises(RunError) as caught:
        rebuild(SolveTask(format=format_, path=str(path)))
    assert caught.value.reason is Reason.INVALID_MODEL
