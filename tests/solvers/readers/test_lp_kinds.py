"""LP files as people's tools write them, each of its kind, and those that are refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.models.readers import parse_lp, read_lp
from tests.solvers.problems import solve
from tests.solvers.readers.plain import variables_of

REPORTED = {
    "HiGHS writes an empty section of semi-continuous variables": (
        "min\n obj: +1 c0 -1 c1  +5\nst\n r0: +1 c0 +1 c1 <= +3\n r1: +1 c0 +2 c1 >= -3\nbounds\n"
        " c0 <= 4\n -3 <= c1 <= 4\nbin\ngen\n c1\nsemi\nend\n",
        2,
    ),
    "HiGHS writes variables that are in Bounds alone, and one named free": (
        "min\n obj: +1 x -1 y \nst\n r0: +1 x +1 y +1 free <= +3\n r1: +1 x -1 free >= -4\nbounds\n"
        " x <= 4\n -1 <= unused <= 6\n -inf <= y <= -3\n free free\nend\n",
        3,
    ),
    "SCIP writes variables that are in Bounds alone": (
        "Minimize\n Obj: -2 B +1 I +1 X\nSubject to\n c_1: +1 X +1 B +1 I +1 F +1 G >= +1\n"
        " c2: +1 X +1 B <= +3\n c3: +1 X +1 I <= +5\n c4: +1 G <= +20\nBounds\n 0 <= B <= 1\n"
        " -2 <= I <= 7\n 0 <= X <= 4\n 0 <= U <= 3\n -inf <= F <= -3\n G free\nBinaries\n B\n"
        "Generals\n I\nEnd\n",
        -4,
    ),
    "SCIP writes a constraint whose variables are gone": (
        "Minimize\n Obj: +1 x +2 y\nSubject to\n c1: +1 x +1 y >= +3\n c2: = +0\nBounds\n"
        " 0 <= x <= 2\nEnd\n",
        4,
    ),
    "a colon after Subject to": (
        "Max: 3x + 2y\nSubject to:\n c1: x + y <= 4\n c2: x <= 3\nEnd\n",
        11,
    ),
}


def read(text: str) -> ExactLinear:
    return parse_lp(text.splitlines(), "model.lp")


def refusal(text: str, reason: Reason = Reason.INVALID_MODEL) -> str:
    with pytest.raises(RunError) as caught:
        read(text)
    assert caught.value.reason is reason
    return caught.value.message


def outcome(text: str, folder: Path) -> tuple[Outcome, float | None]:
    result = solve(SolverName.HIGHS, read(text).to_linear(), folder)
    return result.outcome, result.objective


def sides(text: str) -> list[Any]:
    return [
        (
            row.name,
            None if row.lower is None else Fraction(row.lower, row.scale),
            None if row.upper is None else Fraction(row.upper, row.scale),
        )
        for row in read(text).rows
    ]


def bounds(text: str) -> dict[str, tuple[Fraction | None, Fraction | None]]:
    return {v.name: (v.lower, v.upper) for v in read(text).variables}


@pytest.mark.parametrize(("text", "best"), REPORTED.values(), ids=REPORTED)
def test_what_was_reported_has_its_right_value(text: str, best: float, tmp_path: Path) -> None:
    assert outcome(text, tmp_path) == (Outcome.OPTIMAL, best)


def test_bounds_that_cross_make_a_model_infeasible(tmp_path: Path) -> None:
    text = (
        "Minimize\nobj: x1\nSubject To\nc1: x0 + x1 + 0 x2 = 1\nBounds\n0 <= x1 <= 1\n"
        "1.1 <= x2 <= 1\nEnd\n"
    )
    assert outcome(text, tmp_path) == (Outcome.INFEASIBLE, None)


@pytest.mark.parametrize(
    "header",
    ["SUBJECT TO", "Subject  To:", "such that", "S.T.", "st.", "ST", "subject\tto", "Such That :"],
)
def test_headers_are_read_in_any_case_with_or_without_a_colon(header: str) -> None:
    text = f"MINIMISE:\n x\n{header}\n c: x >= 1\nBOUNDS:\n x <= 4\nIntegers:\n x\nEND\n"
    model = read(text)
    assert (model.rows[0].lower, variables_of(model)) == (1, [("x", 0, 4, True)])


@pytest.mark.parametrize(
    "section",
    ["semi", "Semi-Continuous", "SOS", "sos1", "General Constraints", "PWLObj", "gencons:"],
)
def test_a_section_beyond_linear_models_is_refused_only_where_something_is_in_it(
    section: str,
) -> None:
    text = f"min\n x\nst\n c: x >= 1\n{section}\nbounds\n x <= 4\nend\n"
    assert read(text).variables[0].upper == 4
    message = refusal(text.replace("bounds", " x\nbounds"), Reason.UNSUPPORTED)
    assert message.startswith(f"model.lp line 5: section {section} holds ")


def test_an_empty_quadratic_part_is_nothing() -> None:
    model = read("min\n obj: x + [ ] / 2\nst\n c: x + [ ] >= 1\n d: [] + x <= 3\nend\n")
    assert (model.goal.coefficients, len(model.rows)) == ((1,), 2)
    assert "makes a product" in refusal("min\n x + [ x^2 ] / 2\nst\nend\n", Reason.UNSUPPORTED)


@pytest.mark.parametrize("header", ["Minimize multi-objectives", "maximize Multi-Objectives"])
def test_several_objectives_are_unsupported(header: str) -> None:
    text = f"{header}\n obj0: Priority=1 Weight=1 AbsTol=0 RelTol=0\n x\nst\n x >= 1\nend\n"
    assert "begins several objectives" in refusal(text, Reason.UNSUPPORTED)


@pytest.mark.parametrize(
    ("row", "feasible"),
    [("0 >= 1", False), ("0 <= 1", True), ("= 0", True), (">= 3", False), ("0 x = 0", True)],
)
def test_a_constraint_without_variables_holds_or_makes_the_model_infeasible(
    row: str, feasible: bool, tmp_path: Path
) -> None:
    text = f"min\n x\nst\n c: x >= 2\n R1: {row}\n d: x <= 9\nend\n"
    assert outcome(text, tmp_path)[0] is (Outcome.OPTIMAL if feasible else Outcome.INFEASIBLE)


def test_a_number_before_a_line_break_may_be_a_side_or_a_coefficient_and_is_refused() -> None:
    for row in ("R1: 0 >= 1\n x + y >= 2", "R1: 0 <= 1\n + x <= 2"):
        message = refusal(f"min\n x\nst\n {row}\nend\n")
        assert message.startswith("model.lp line 5: ")
        assert "write the constraint on one line, and a label before the next" in message


@pytest.mark.parametrize(
    "label", ["1", "c-1", "row<1>", "c[1,2]", "_C(3)", "x^2", "2nd", "a+b", "é"]
)
def test_labels_are_any_word_before_a_colon(label: str) -> None:
    assert sides(f"min\n {label}: x\nst\n {label}: x >= 1\n {label}b : x <= 3\nend\n") == [
        (label, 1, None),
        (f"{label}b", None, 3),
    ]


def test_variables_that_are_only_in_lists_are_variables() -> None:
    model = read("min\n x\nst\n x >= 1\nGenerals\n a b\nBinaries\n c\nEnd\n")
    assert variables_of(model)[1:] == [
        ("a", 0, None, True),
        ("b", 0, None, True),
        ("c", 0, 1, True),
    ]


@pytest.mark.parametrize("word", ["Binarys", "Boundz", "Genrals", "semi-continous"])
def test_a_misspelt_header_is_no_variable(word: str) -> None:
    text = f"min\n x\nst\n x >= 1\nGenerals\n x\n{word}\n y\nEnd\n"
    assert refusal(text).startswith("model.lp line 7: ")


@pytest.mark.parametrize("word", ["bin", "bounds", "end", "semi"])
def test_a_variable_named_like_a_header_in_a_list_is_refused(word: str) -> None:
    text = f"min\n x + {word}\nst\n x + {word} >= 1\nGenerals\n x\n {word}\nEnd\n"
    assert f"'{word}' is a variable, and here the header of a section" in refusal(text)


def test_content_may_follow_a_header_on_its_line() -> None:
    model = read("min x\nst c: x + y >= 1\nbounds x <= 4\ngenerals x\nbin y\nend\n")
    assert variables_of(model) == [("x", 0, 4, True), ("y", 0, 1, True)]


def test_free_variables_may_share_a_line() -> None:
    assert bounds("min\n x + y\nst\n x >= 1\nbounds\n x free y FREE\nend\n") == {
        "x": (None, None),
        "y": (None, None),
    }


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ("-infinity <= x", (None, None)),
        ("-INF <= x <= 5", (None, 5)),
        ("x >= -1e30", (None, None)),
        ("x <= +Infinity", (0, None)),
        ("-1e+30 <= x <= 1e+30", (None, None)),
        ("5 >= x >= -2", (-2, 5)),
        ("x == 3", (3, 3)),
        ("-0 <= x <= -0.0", (0, 0)),
        ("x => - - 2", (2, None)),
        ("+ -3 <= x", (-3, None)),
    ],
)
def test_bounds_are_read_in_every_form(
    bound: str, expected: tuple[Fraction | None, Fraction | None]
) -> None:
    assert bounds(f"min\n x\nst\n x >= -9\nbounds\n {bound}\nend\n") == {"x": expected}


@pytest.mark.parametrize("bound", ["1 <= x >= 3", "1 = x <= 3", "4 >= x = 3"])
@pytest.mark.parametrize("section", ["st", "bounds"])
def test_two_sides_that_are_no_interval_are_refused(bound: str, section: str) -> None:
    text = f"min\n x\nst\n c: x >= 1\n{section}\n {bound}\nend\n"
    assert "two sides have to be a lower and an upper one" in refusal(text)


def test_free_after_an_upper_bound_is_refused_as_readers_differ() -> None:
    message = refusal("min\n x\nst\n x >= -9\nbounds\n x <= 5\n x free\nend\n")
    assert message.startswith("model.lp line 7: 'x' has upper bound 5.0 and is free")


def test_terms_are_read_in_every_form() -> None:
    text = "min\n 1e5x + .5 e9 - 2.E1y+ - 3 z\nst\n c: 3e2x+2x - - y\n + 4\n z >= 1 \nend\n"
    model = read(text)
    costs = dict(zip(model.goal.columns, model.goal.coefficients, strict=True))
    assert [Fraction(costs[at], model.goal.scale) for at in range(4)] == [
        100000,
        Fraction(1, 2),
        -20,
        -3,
    ]
    assert model.rows[0].coefficients == (302, 1, 4)


def test_rational_numbers_are_read_exactly() -> None:
    model = read("min\n 53/10 x\nst\n c: 1/3 x - 2/6 y >= -1/7\nbounds\n x <= 9/2\nend\n")
    (row,) = model.rows
    assert (row.coefficients, row.lower, row.scale) == ((7, -7), -3, 21)
    assert variables_of(model)[0] == ("x", 0, Fraction(9, 2), False)
    assert "'1/0' is not a number" in refusal("min\n 1/0 x\nst\n x >= 1\nend\n")


def test_constants_in_a_constraint_move_to_its_sides() -> None:
    assert sides("min\n x\nst\n c: -1 <= x + 0.1 - 3 <= 5\n d: x + 0.3 = 0.1\nend\n") == [
        ("c", Fraction("1.9"), Fraction("7.9")),
        ("d", Fraction("-0.2"), Fraction("-0.2")),
    ]


def test_variables_on_the_right_side_are_refused() -> None:
    for row in ("x >= 2 y", "x >= y", "x - y >= 1 + y"):
        assert refusal(f"min\n x\nst\n c: {row}\nend\n").startswith("model.lp line 4: ")


def test_parentheses_make_no_variable() -> None:
    assert "'(x + y) >= 1' is not understood" in refusal("min\n x\nst\n 2 (x + y) >= 1\nend\n")


def test_the_encoding_that_cplex_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.lp"
    text = "\\ENCODING=ISO-8859-1\nMinimize\n é\nSubject To\n é >= 1\nEnd\n"
    path.write_bytes(text.encode("latin-1"))
    assert read_lp(path).names == ("é",)


def test_infinity_is_no_variable() -> None:
    assert "stands for infinity" in refusal("min\n x + inf\nst\n x >= 1\nend\n")


def test_lazy_constraints_are_constraints_and_user_cuts_are_left_out() -> None:
    text = (
        "max\n x\nst\n c: x <= 9\nLazy Constraints\n l: x <= 5\nUser Cuts\n u: x <= 4\n"
        "Subject To\n d: x <= 6\nend\n"
    )
    assert sides(text) == [("c", None, 9), ("l", None, 5), ("d", None, 6)]


def test_a_second_objective_is_refused() -> None:
    assert "a second objective" in refusal("min\n x\nst\n x >= 1\nmax\n x\nend\n")


OTHERS = {
    "Gurobi": (
        "\\ Model made\n\\ LP format - for model browsing. Use MPS format to capture full model"
        " detail.\nMaximize\n  3 x + 2 y + 5 Constant\nSubject To\n R0: x + y <= 4\n"
        " R1: x + RgR1 = 3\nBounds\n y free\n RgR1 <= 2\n Constant = 1\nEnd\n",
        16,
    ),
    "CPLEX": (
        "\\ENCODING=ISO-8859-1\n\\Problem name: made\n\nMaximize\n obj1: 3 x + 2 y + 5\n"
        "Subject To\n c1: x + y <= 4\n c2: 1 <= x <= 3\nBounds\n      y >= -1e20\n"
        " 0 <= x <= 1e20\nEnd\n",
        16,
    ),
    "linopy": (
        "max\n\nobj:\n\n+3.0 x0\n+2.0 x1\n+5.0\n\ns.t.\n\nc0:\n+1.0 x0\n+1.0 x1\n<=\n+4.0\n\n"
        "bounds\n0.0 <= x0 <= 3.0\n-inf <= x1 <= +inf\n\ngeneral\nx0\n\nend\n",
        16,
    ),
    "OR-Tools": (
        "\\ Generated by MPModelProtoExporter\n\\   Name             : NoName\nMaximize\n"
        " Obj: +5 Constant +3 x +2 y \nSubject to\n r1: +1 x +1 y  <= 4\n zero_rhs:  <= 5\n"
        " zero_lhs:  >= -1\nBounds\n 1 <= Constant <= 1\n 0 <= x <= 3\n y free\nEnd\n",
        16,
    ),
    "GAMS": (
        "\\ LP written by GAMS Convert\n\nMaximize\n  obj: 3 x1 + 2 x2 + 5\n\nSubject To\n\n"
        "  _e1: x1 + x2 <= 4\n\nBounds\n  0 <= x1 <= 3\n  x2 Free\n\nGeneral\n\nEnd\n",
        16,
    ),
    "GLPK": (
        "\\* Problem: made *\\\n\nMaximize\n obj: + 3 x + 2 y + 5 ~r_0\n\nSubject To\n"
        " c1: + x + y - ~r_1 = 4\n\nBounds\n ~r_0 = 1\n -7 <= ~r_1 <= 0\n x <= 3\n y free\n\nEnd\n",
        16,
    ),
}


@pytest.mark.parametrize(("text", "best"), OTHERS.values(), ids=OTHERS)
def test_what_tools_write_that_cannot_run_here_has_its_optimum(
    text: str, best: float, tmp_path: Path
) -> None:
    assert outcome(text, tmp_path) == (Outcome.OPTIMAL, best)


def test_rows_without_a_label_take_no_name_that_is_a_label() -> None:
    text = "Minimize\n o: x\nSubject To\n R2: x >= 1\n x >= 2\n x >= 3\n R3: x >= 4\nEnd\n"
    names = [row.name for row in parse_lp(text.splitlines()).rows]
    assert names == ["R2", "R2_", "R3_", "R3"]
