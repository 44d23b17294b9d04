"""MPS files as people's tools write them, each of its kind, and those that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.models.readers import parse_mps
from tests.solvers.problems import solve
from tests.solvers.readers.plain import variables_of

BODY = """\
ROWS
 N  COST
 N  OTHER
 L  R1
COLUMNS
    X         COST         2.0   R1           1.0
    X         OTHER        5.0
RHS
    RHS       R1           3.0
ENDATA
"""


def read(text: str) -> ExactLinear:
    return parse_mps(text.splitlines(), "model.mps")


def refusal(text: str, reason: Reason = Reason.INVALID_MODEL) -> str:
    with pytest.raises(RunError) as caught:
        read(text)
    assert caught.value.reason is reason
    return caught.value.message


def best(text: str, folder: Path) -> float | None:
    result = solve(SolverName.HIGHS, read(text).to_linear(), folder)
    assert result.outcome is Outcome.OPTIMAL
    return result.objective


def test_the_exponents_of_fortran_are_read(tmp_path: Path) -> None:
    text = (
        "NAME T\nROWS\n N COST\n L R1\nCOLUMNS\n X COST -1.0D0 R1 1.0d+00\nRHS\n RHS R1 1.5D+03\n"
        "ENDATA\n"
    )
    assert best(text, tmp_path) == -1500


@pytest.mark.parametrize(
    "sections",
    [
        "OBJSENSE\n    MAX\nOBJNAME\n    OTHER\n",
        "OBJSENSE MAX\nOBJNAME OTHER\n",
        "OBJNAME\n OTHER\nOBJSENSE\nMAX\n",
        "OBJSEN\n  MAXIMIZE\nOBJNAME\n OTHER\n",
    ],
)
def test_the_objective_is_the_one_that_objname_names(sections: str, tmp_path: Path) -> None:
    assert best(f"NAME          T\n{sections}{BODY}", tmp_path) == 15


def test_a_name_of_the_objective_that_is_no_free_row_is_refused() -> None:
    assert "OBJNAME 'R1' is no row of type N in ROWS" in refusal(f"NAME\nOBJNAME\n R1\n{BODY}")


@pytest.mark.parametrize(
    "line",
    [
        "*SENSE:Maximize",
        "* Objective sense: maximize",
        "* OBJSENSE = MAX",
        "* MAXIMIZE",
        "NAME          LINDO GENERATED MPS FILE( MAX)",
    ],
)
def test_a_comment_that_says_maximize_without_objsense_is_refused(line: str) -> None:
    message = refusal(f"{line}\n{BODY}")
    assert message.startswith("model.mps line 1: ")
    assert "to maximize, add the line OBJSENSE and below it the line '    MAX'" in message


@pytest.mark.parametrize(("sense", "expected"), [("MAX", Sense.MAXIMIZE), ("MIN", Sense.MINIMIZE)])
def test_beside_objsense_a_comment_counts_for_nothing(sense: str, expected: Sense) -> None:
    assert read(f"*SENSE:Maximize\nNAME\nOBJSENSE\n {sense}\n{BODY}").sense is expected


@pytest.mark.parametrize(
    "line",
    ["*SENSE:Minimize", "* maximum flow", "* Max problem is converted into Min one", "* x"],
)
def test_other_comments_are_read_over(line: str) -> None:
    assert read(f"{line}\n{BODY}").sense is Sense.MINIMIZE


def test_two_senses_are_refused() -> None:
    assert "OBJSENSE is given twice" in refusal(f"OBJSENSE\n MAX\n MIN\n{BODY}")


def test_comments_after_a_dollar_sign_are_read_over() -> None:
    text = (
        "NAME\nROWS\n N C $ cost\n L R1 $\nCOLUMNS\n X C 1 $ one R1 9\n X R1 2 $two\n Y R1 0 $ no"
        " entry\nRHS\n RHS R1 4 $ side\nBOUNDS\n UP BND X 3 $ end\n FR BND Y $ end\nENDATA\n"
    )
    model = read(text)
    assert [(v.lower, v.upper) for v in model.variables] == [(0, 3), (None, None)]
    assert [(row.columns, row.coefficients, row.upper) for row in model.rows] == [((0,), (2,), 4)]


def test_comments_after_a_star_are_read_over() -> None:
    text = (
        "NAME\nROWS\n N C *cost\n L R *row\nCOLUMNS\n X C 1 *one\n X R 2 * two\nRHS\n"
        " *rhs* R 4 *side\nENDATA\n"
    )
    (row,) = read(text).rows
    assert (row.coefficients, row.upper) == ((2,), 4)


def test_names_may_begin_with_a_dollar_sign() -> None:
    text = (
        "NAME\nROWS\n N C\n L $R\nCOLUMNS\n $X C 1 $R 2\nRHS\n RHS $R 4\nBOUNDS\n FR B $X\nENDATA\n"
    )
    model = read(text)
    assert (model.names, model.rows[0].coefficients) == (("$X",), (2,))


@pytest.mark.parametrize(
    "section", ["QUADOBJ", "QMATRIX", "QCMATRIX", "SOS", "INDICATORS", "GENCONS"]
)
def test_a_section_beyond_linear_models_is_refused_only_where_something_is_in_it(
    section: str,
) -> None:
    text = f"NAME\n{BODY}"
    empty = text.replace("ENDATA", f"{section}\nENDATA")
    assert len(read(empty).rows) == 1
    full = text.replace("ENDATA", f"{section}\n X X 1\nENDATA")
    message = refusal(full, Reason.UNSUPPORTED)
    assert message.startswith(f"model.mps line 11: section {section} holds ")


@pytest.mark.parametrize("kind", ["SC", "SI"])
def test_semi_continuous_and_semi_integer_variables_are_unsupported(kind: str) -> None:
    text = BODY.replace("ENDATA", f"BOUNDS\n {kind} BND X 4\nENDATA")
    assert f"bound {kind}: semi-" in refusal(text, Reason.UNSUPPORTED)


def test_markers_of_special_ordered_sets_are_unsupported() -> None:
    text = BODY.replace("    X         COST", "    M 'MARKER' 'SOSORG'\n    X COST")
    assert "special ordered sets" in refusal(text, Reason.UNSUPPORTED)


def test_lazy_constraints_are_constraints_and_user_cuts_are_left_out() -> None:
    text = (
        "NAME\nROWS\n N C\n L A\nUSERCUTS\n L CUT\nLAZYCONS\n G LAZY\nCOLUMNS\n X C 1 A 1\n"
        " X CUT 1 LAZY 1\nRHS\n RHS A 4 CUT 1\n RHS LAZY 2\nENDATA\n"
    )
    assert [(row.name, row.lower, row.upper) for row in read(text).rows] == [
        ("A", None, 4),
        ("LAZY", 2, None),
    ]


def test_data_on_the_line_of_a_header_is_refused_as_readers_drop_it() -> None:
    text = BODY.replace("RHS\n    RHS ", "RHS")
    assert "follows the header RHS on its line: data lines begin with a blank" in refusal(text)


def test_sections_are_read_in_any_order() -> None:
    text = (
        "ROWS\n N C\n L A\n E B\nRANGES\n R A 3\n R B -2\nRHS\n RHS A 4 B 1\nCOLUMNS\n X C 1 A 1\n"
        " X B 1\nBOUNDS\n UP BND X 9\nOBJSENSE\n MAX\nENDATA\n"
    )
    model = read(text)
    assert [(row.lower, row.upper) for row in model.rows] == [(1, 4), (-1, 1)]
    assert model.sense is Sense.MAXIMIZE


def test_columns_that_ortools_writes_in_bounds_alone_are_columns() -> None:
    text = BODY.replace("ENDATA", "BOUNDS\n LO BOUND U -1\n UP BOUND U 6\n LI BOUND I 0\nENDATA")
    model = read(f"* Generated by MPModelProtoExporter\nNAME\n{text}")
    assert variables_of(model)[1:] == [
        ("U", -1, 6, False),
        ("I", 0, None, True),
    ]
    assert "column 'U' of bound LO is not in COLUMNS" in refusal(text)


def test_text_between_fixed_columns_is_no_name_cut_short() -> None:
    text = "NAME\nROWS\n N  COST\n L  TOO LONG A NAME\nCOLUMNS\nRHS\nENDATA\n"
    assert "a row is a type and a name, not 'L TOO LONG A NAME'" in refusal(text)


def test_rational_numbers_are_read_exactly() -> None:
    text = BODY.replace("1.0", "1/3").replace("3.0", "9/10")
    (row,) = read(text).rows
    assert (row.coefficients, row.upper, row.scale) == ((10,), 27, 30)
    assert "'1/x' is not a number" in refusal(BODY.replace("1.0", "1/x"))


def test_numbers_are_the_decimals_of_the_file() -> None:
    text = "ROWS\n N C\n E R\nCOLUMNS\n X C 0.1 R 0.1\n Y R 0.2\nRHS\n RHS R .3\nENDATA\n"
    (row,) = read(text).rows
    assert (row.coefficients, row.lower, row.upper, row.scale) == ((1, 2), 3, 3, 10)
