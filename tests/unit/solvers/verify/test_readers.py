"""The check's own readers: they share no code with the solvers', and read the same models."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from argmin.api.optimizationjob import ModelFormat
from argmin.api.run import RunModel
from argmin_solvers.models import load_model
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.lp import read_lp
from argmin_solvers.models.mps import read_mps
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.lptext import rebuild_lp
from argmin_solvers.verify.mpstext import rebuild_mps
from argmin_solvers.verify.original import CheckReason, UncheckableError
from argmin_solvers.verify.rebuild import rebuild
from tests.unit.solvers.problems import MPS

INSTANCES = ("afiro", "dcmulti", "egout", "gesa2", "lseu", "p0548", "rgn", "woodinfe")

LP_TEXTS = {
    "all sections": (
        "\\ comment\nMaximize\n obj: 3 x + 2 y - 4 z + 10\nSubject To\n c1: x + y + z <= 10\n"
        " c2: -1 <= x - y <= 5\n c3: 2 x + 3 x\n     >= 1\nBounds\n x <= 4\n -inf <= y <= 8\n"
        " z free\nGenerals\n x\nEnd\n"
    ),
    "short forms": "max: 3x+2y\nst c1: x+y<=4\n x - 3 y >= -2\nbin\n y\nend\n",
    "no objective": "Minimize\n obj:\nSubject To\n x >= 1\nEnd\n",
    "constants in rows": "min\n x\nst\n r: x + 3 - y + 1 >= 2\n 5 >= x - 1\nend\n",
    "equations and signs": "min\n - x + - - 2 y\ns.t.\n e: - 0.5 x - 1e-3 y = - 2.5E+1\nend\n",
    "bounds of all kinds": (
        "min\n a + b + c + d + e + f\nst\n r: a + b + c + d + e + f >= -10\nbounds\n"
        " -2 <= a <= 3\n b >= -inf\n c = 1.5\n 2 >= d\n e <= +infinity\n -1 <= f\n"
        "generals\n a b\nend\n"
    ),
    "bounds after binary": (
        "min\n x + y + z\nst\n x + y + z >= 1\nbinary\n x y z\nbounds\n x <= 0\n y = 1\nend\n"
    ),
    "bounds before binary": (
        "min\n x + y + z\nst\n x + y + z >= 1\nbounds\n x <= 0\n y = 1\nbinary\n x y z\nend\n"
    ),
    "two-sided without a bound": "min\n x\nst\n r: -inf <= x <= 4\n s: 1 <= x\nend\n",
    "names like keywords": "min\n free1 + st\nst\n bounds1: st + free1 => 1\nend\n",
    "terms that cancel": "min\n x\nst\n r: x + y - y >= 1\nend\n",
}
MPS_TEXTS = {
    "two pairs a line": (
        "NAME E\nROWS\n N COST\n L CAP\n G DEM\n E BAL\nCOLUMNS\n X COST 1.5 CAP 1\n X DEM 2\n"
        " Y COST -2 BAL 1\nRHS\n RHS CAP 4 DEM 1\nBOUNDS\n UP BND X 3\nENDATA\n"
    ),
    "ranges of every row": (
        "NAME\nROWS\n N C\n L L1\n G G1\n E E1\n E E2\nCOLUMNS\n X C 1 L1 1\n X G1 1 E1 1\n"
        " X E2 1\nRHS\n R L1 4 G1 1\n R E1 2 E2 2\nRANGES\n R L1 3 G1 -3\n R E1 1 E2 -1\nENDATA\n"
    ),
    "integers and bounds of every kind": (
        "NAME\nROWS\n N C\n G R\nCOLUMNS\n M 'MARKER' 'INTORG'\n A C 1 R 1\n B C 1 R 1\n"
        " M 'MARKER' 'INTEND'\n D C 1 R 1\n E C 1 R 1\n F C 1 R 1\n G C 1 R 1\n H C 1 R 1\n"
        " I C 1 R 1\n J C 1\nRHS\n RHS R -9\nBOUNDS\n UP V B 7\n BV V D\n LI V E -2\n"
        " UI V E 5\n MI V F\n FR V G\n FX V H 2.5\n PL V I\n LO V J -1e30\nENDATA\n"
    ),
    "bounds beside BV": (
        "NAME\nROWS\n N C\n G R\nCOLUMNS\n A C 1 R 1\n B C 1 R 1\n D C 1 R 1\n E C 1 R 1\n"
        "RHS\n RHS R 1\nBOUNDS\n BV V A\n FX V A 1\n FX V B 1\n BV V B\n BV V D\n UP V D 0\n"
        " LO V E 1\n BV V E\nENDATA\n"
    ),
    "sense and constant": (
        "NAME\nOBJSENSE MAX\nROWS\n N C\n L R\nCOLUMNS\n X C 1 R 1\nRHS\n RHS C -5 R 4\nENDATA\n"
    ),
    "sense on its own line": (
        "NAME\nOBJSENSE\n  MAXIMIZE\nROWS\n N C\n L R\nCOLUMNS\n X C 1 R 1\nRHS\n R 4\nENDATA\n"
    ),
    "further free rows": (
        "* comment\nNAME\nROWS\n N C\n N FREE\n L R\nCOLUMNS\n X C 1 FREE 9\n X R 1\nRHS\n"
        " RHS FREE 3 R 4\nENDATA\n"
    ),
    "no names of vectors": (
        "NAME\nROWS\n N C\n L R\nCOLUMNS\n X C 1 R 1\n Y C 1 R 1\nRHS\n R 4\nBOUNDS\n UP X 3\n"
        " FR Y\nENDATA\n"
    ),
    "names with blanks": (
        "NAME          BLANKS\nROWS\n N  MY COST\n L  MY ROW\nCOLUMNS\n"
        "    MY COL    MY COST   1.0            MY ROW    2.0\nRHS\n"
        "    RHS       MY ROW    8.0\nBOUNDS\n UP BND       MY COL    3.0\nENDATA\n"
    ),
    "an infinite side": ("NAME\nROWS\n N C\n L R\nCOLUMNS\n X C 1 R 1\nRHS\n RHS R 1e30\nENDATA\n"),
    "an explicit zero": "NAME\nROWS\n N C\n L R\nCOLUMNS\n X C 1 R 0\n Y R 1\nENDATA\n",
}


def as_doubles(model: ExactModel) -> object:
    def number(value: Fraction | None, infinite: float) -> float:
        return infinite if value is None else float(value)

    def side(value: int | None, scale: int, infinite: float) -> float:
        return infinite if value is None else value / scale

    columns = {
        v.name: (number(v.lower, -math.inf), number(v.upper, math.inf), v.integer)
        for v in model.variables
    }
    rows = {
        row.name: (
            side(row.lower, row.scale, -math.inf),
            side(row.upper, row.scale, math.inf),
            {
                model.names[column]: value / row.scale
                for column, value in zip(row.columns, row.coefficients, strict=True)
            },
        )
        for row in model.rows
    }
    goal = {
        model.names[column]: value / model.goal.scale
        for column, value in zip(model.goal.columns, model.goal.coefficients, strict=True)
    }
    return model.sense, float(model.offset), goal, columns, rows


def of_the_solvers(model: LinearModel) -> object:
    rows: list[dict[str, float]] = [{} for _ in range(model.rows)]
    for column, name in enumerate(model.column_names):
        for at in range(model.start[column], model.start[column + 1]):
            if model.value[at]:
                rows[model.index[at]][name] = float(model.value[at])
    names = model.column_names
    return (
        model.sense,
        model.offset,
        {names[at]: float(cost) for at, cost in enumerate(model.cost) if cost},
        {
            name: (float(model.lower[at]), float(model.upper[at]), bool(model.integer[at]))
            for at, name in enumerate(names)
        },
        {
            name: (float(model.row_lower[at]), float(model.row_upper[at]), rows[at])
            for at, name in enumerate(model.row_names)
        },
    )


@pytest.mark.parametrize("name", INSTANCES)
def test_public_instances_are_read_alike(name: str) -> None:
    path = MPS / f"{name}.mps"
    assert as_doubles(rebuild_mps(path.read_text())) == of_the_solvers(read_mps(path))


@pytest.mark.parametrize("text", MPS_TEXTS.values(), ids=MPS_TEXTS)
def test_mps_files_are_read_alike(text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.mps"
    path.write_text(text)
    assert as_doubles(rebuild_mps(text)) == of_the_solvers(read_mps(path))


@pytest.mark.parametrize("text", LP_TEXTS.values(), ids=LP_TEXTS)
def test_lp_files_are_read_alike(text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.lp"
    path.write_text(text)
    assert as_doubles(rebuild_lp(text)) == of_the_solvers(read_lp(path))


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        (ModelFormat.LP, LP_TEXTS["short forms"]),
        (ModelFormat.MPS, MPS_TEXTS["sense and constant"]),
    ],
)
def test_the_byte_order_mark_of_windows_is_read_over(
    format_: ModelFormat, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "model"
    declared = RunModel(format=format_, path=str(path))
    path.write_bytes(text.encode("utf-8-sig"))
    original = rebuild(declared).original
    assert isinstance(original, ExactModel)
    assert as_doubles(original) == of_the_solvers(load_model(declared))


def test_numbers_are_the_decimals_of_the_file() -> None:
    model = rebuild_lp("min\n 0.1 x\nst\n r: 0.1 x + 0.2 y = 0.3\nend\n")
    (row,) = model.rows
    assert (row.coefficients, row.upper, row.scale) == ((1, 2), 3, 10)
    assert model.assess([{"x": 1.0, "y": 1.0}])[0].largest == 0.0


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (rebuild_lp, "min\n x\nst\n r: x >= what\nend\n"),
        (rebuild_lp, "nothing of the kind"),
        (rebuild_lp, "min\n x\nst\n r: x >= 1e999999999\nend\n"),
        (rebuild_mps, "NAME\nROWS\n N C\nCOLUMNS\n X NOWHERE 1\nENDATA\n"),
        (rebuild_mps, "NAME\nQUADOBJ\n X X 1\nENDATA\n"),
    ],
)
def test_what_is_not_understood_is_not_guessed(
    read: Callable[[str], ExactModel], text: str
) -> None:
    with pytest.raises(UncheckableError) as caught:
        read(text)
    assert caught.value.reason is CheckReason.NOT_REBUILT
