from __future__ import annotations

import math
from pathlib import Path

import pulp
import pytest

from argmin.api.answer import Reason, Sense
from argmin_solvers.errors import RunError
from argmin_solvers.models.converters.pulp import convert_pulp
from tests.solvers.problems import linear

BASE = """\
\\ a comment
Maximize
 obj: 3 x + 2 y - 4 z + 10
Subject To
 c1: x + y + z <= 10
 c2: -1 <= x - y <= 5
 c3: 2 x + 3 x
     >= 1
Bounds
 x <= 4
 -inf <= y <= 8
 z free
Generals
 x
End
"""


def refusal(text: str, folder: Path, reason: Reason = Reason.INVALID_MODEL) -> str:
    with pytest.raises(RunError) as caught:
        linear(text, folder)
    assert caught.value.reason is reason
    return caught.value.message


def test_a_file_is_read_in_full(tmp_path: Path) -> None:
    model = linear(BASE, tmp_path)
    assert model.sense is Sense.MAXIMIZE
    assert model.offset == 10.0
    assert list(model.cost) == [3.0, 2.0, -4.0]
    assert list(model.lower) == [0.0, -math.inf, -math.inf]
    assert list(model.upper) == [4.0, 8.0, math.inf]
    assert list(model.row_lower) == [-math.inf, -1.0, 1.0]
    assert list(model.row_upper) == [10.0, 5.0, math.inf]
    assert list(model.integer) == [True, False, False]
    assert list(model.value) == [1.0, 1.0, 5.0, 1.0, -1.0, 1.0]


def test_short_forms_are_read(tmp_path: Path) -> None:
    model = linear("max: 3x+2y\nst c1: x+y<=4\n x - 3 y >= -2\nbin\n y\nend\n", tmp_path)
    assert model.sense is Sense.MAXIMIZE
    assert list(model.cost) == [3.0, 2.0]
    assert (model.rows, model.integers, model.upper[1]) == (2, 1, 1.0)


def test_what_pulp_writes_is_what_pulp_holds(tmp_path: Path) -> None:
    problem = pulp.LpProblem("both", pulp.LpMaximize)
    x = pulp.LpVariable("x", -3, 8, pulp.LpInteger)
    y = pulp.LpVariable("y", None, 2)
    problem += 2 * x - 0.125 * y
    problem += x + 3 * y <= 12, "first"
    problem += x - y == 1, "second"
    problem.writeLP(str(tmp_path / "pulp.lp"))
    written, held = (
        linear((tmp_path / "pulp.lp").read_text(), tmp_path),
        convert_pulp("m", problem).to_linear(),
    )
    for part in ("cost", "lower", "upper", "integer", "row_lower", "row_upper", "value", "index"):
        assert list(getattr(written, part)) == list(getattr(held, part)), part
    assert written.sense is held.sense


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2 y", "nan y", "model.lp line 3: + or - is expected before 'y'"),
        ("2 y", "1e999 y", "model.lp line 3: '1e999' is not a finite number"),
        ("2 y", "2..3 y", "model.lp line 3: + or - is expected before '.3'"),
        ("<= 10", "", "line 5: a constraint without a relation such as <="),
        (">= 1", ">= 1 + y", "line 8: '+' is not expected here: the right side is one number"),
        (">= 1", ">= nan", "line 8: a number is expected, not 'nan'"),
        ("Generals", "Genrals", "line 13: 'Genrals' in Bounds is in no constraint or objective"),
        (" x <= 4", " x <= -4", "line 10: 'x' has upper bound -4.0 and no lower bound"),
        ("End\n", "", "line 14: the file ends without End: is it cut off?"),
        ("End\n", "End\n\\ a comment\n y <= 1\n", "line 17: 'y <= 1' is after End: move or"),
        ("c2:", "c1:", "line 6: two constraints are named 'c1'"),
        ("Maximize", "Maximise it", "line 3: 'obj' is not expected in the objective"),
    ],
)
def test_mistakes_are_refused_with_their_line(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    assert message in refusal(BASE.replace(old, new), tmp_path)


def test_a_label_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    text = "min\n x\nst\n x >= 1\n R1: x >= 2\n R1: x >= 3\nend\n"
    assert "line 6: two constraints are named 'R1'" in refusal(text, tmp_path)


BINARY = {
    "upper": ("x <= 7", "upper bound 7.0"),
    "lower": ("x >= -5", "lower bound -5.0"),
    "fixed": ("x = 2", "lower bound 2.0"),
    "free": ("x free", "lower bound -inf"),
    "infinite": ("x <= inf", "upper bound inf"),
    "negative": ("x <= -1", "upper bound -1.0"),
}


@pytest.mark.parametrize("first", ["bound", "binary"])
@pytest.mark.parametrize(("bound", "what"), BINARY.values(), ids=BINARY)
def test_a_bound_of_a_binary_beyond_0_and_1_is_refused_wherever_it_stands(
    bound: str, what: str, first: str, tmp_path: Path
) -> None:
    sections = [f"Bounds\n {bound}\n", "Binaries\n x\n"]
    ordered = "".join(sections if first == "bound" else reversed(sections))
    message = refusal(f"max\n x + y\nst\n x + y <= 9\n{ordered}End\n", tmp_path)
    line = 6 if first == "bound" else 8
    assert message == (
        f"model.lp line {line}: 'x' is in Binaries and has {what}: solvers read this differently;"
        " keep its bounds within 0 and 1, or list it in Generals in place of Binaries"
    )


@pytest.mark.parametrize("first", ["bound", "binary"])
def test_a_bound_of_a_binary_within_0_and_1_is_kept(first: str, tmp_path: Path) -> None:
    sections = ["Bounds\n x = 1\n y <= 0\n", "Binaries\n x y z\n"]
    ordered = "".join(sections if first == "bound" else reversed(sections))
    model = linear(f"min\n x + y + z\nst\n x + y + z <= 9\n{ordered}End\n", tmp_path)
    assert (list(model.lower), list(model.upper)) == ([1.0, 0.0, 0.0], [1.0, 0.0, 1.0])
    assert model.integers == 3


def test_a_side_or_bound_of_1e20_or_more_is_none(tmp_path: Path) -> None:
    text = "min\n x\nst\n c: x <= 1e20\n d: x >= -1e25\n e: x <= 9e19\nbounds\n x <= 1e30\nend\n"
    model = linear(text, tmp_path)
    assert list(model.row_upper) == [math.inf, math.inf, 9e19]
    assert list(model.row_lower) == [-math.inf] * 3
    assert list(model.upper) == [math.inf]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x >= 1e20", "constraint c has lower bound 1e+20 and upper bound inf"),
        ("x <= -1e25", "constraint c has lower bound -inf and upper bound -1e+25"),
        ("x = 1e30", "constraint c has lower bound 1e+30 and upper bound 1e+30"),
    ],
)
def test_a_side_that_nothing_below_1e20_reaches_is_refused(
    row: str, message: str, tmp_path: Path
) -> None:
    assert refusal(f"min\n x\nst\n c: {row}\nend\n", tmp_path) == (
        f"model.lp: {message}: no number is between them, as those of 1e20 and more are infinite"
    )


@pytest.mark.parametrize("header", ["Subject To", "st", "Bounds", "End"])
def test_a_file_without_a_section_of_the_objective_is_refused(header: str, tmp_path: Path) -> None:
    message = refusal(f"\\ none\n{header}\n x >= 1\nEnd\n", tmp_path)
    assert message.startswith(
        f"model.lp line 2: Maximize or Minimize is expected first, not '{header}'"
    )


def test_a_model_without_an_objective_says_minimize_and_nothing(tmp_path: Path) -> None:
    model = linear("Minimize\nSubject To\n x >= 1\nEnd\n", tmp_path)
    assert list(model.cost) == [0.0]


@pytest.mark.parametrize("text", ["", "*&^%$ hello\n foo bar\n", "\x00\x01\x02"])
def test_garbage_is_no_empty_model(text: str, tmp_path: Path) -> None:
    assert refusal(text, tmp_path).startswith("model.lp line 1: ")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("+ 10", "+ [ x^2 ] / 2", "a product or a power of variables"),
        ("2 x + 3 x", "x = 1 -> 2 x", "an indicator constraint"),
        ("Generals", "Semi-Continuous", "semi-continuous variables"),
        ("Generals", "SOS", "special ordered sets"),
    ],
)
def test_what_is_not_linear_is_unsupported(old: str, new: str, what: str, tmp_path: Path) -> None:
    assert what in refusal(BASE.replace(old, new), tmp_path, Reason.UNSUPPORTED)
