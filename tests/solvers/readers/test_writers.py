"""What people's tools write is read as the model that was written."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import highspy
import pulp
import pyomo.environ as pyo
import pytest
from pyscipopt import Model

from argmin_solvers.errors import RunError
from tests.solvers.readers.plain import Plain, best_of, read_ours

SOURCE = """\
Minimize
 goal: - x + 1.5 y - 2 i + 3 b - 0.125 v
Subject To
 c1: x + y + f <= 10
 c2: 2 x + i - b >= -3
 c3: 0.125 x + 0.5 v = 0.25
 c4: y + f >= -40
Bounds
 x <= 4
 -20 <= y <= -3
 f free
 1 <= u <= 6
 v <= 2.5
 -3 <= i <= 8
Binaries
 b
Generals
 i
End
"""
BEST = -48.0
"""At x = 2, y = -20, i = 8, b = 0 and v = 0; with x = 0 and v = 0.5, it would be -46.0625."""


def write_by_highs(source: Path, target: Path) -> None:
    highs = highspy.Highs()
    highs.silent()
    highs.readModel(str(source))
    highs.writeModel(str(target))


def write_by_scip(source: Path, target: Path) -> None:
    scip = Model()
    scip.hideOutput()
    scip.readProblem(str(source))
    scip.writeProblem(str(target), verbose=False)


def write_by_cbc(source: Path, target: Path) -> None:
    subprocess.run(
        ["cbc", str(source), "-presolve", "off", "-export", str(target), "-quit"],
        check=True,
        capture_output=True,
        cwd=source.parent,
    )
    packed = target.with_name(f"{target.name}.gz")
    if packed.exists():
        target.write_bytes(gzip.decompress(packed.read_bytes()))


def write_by_glpk(option: str) -> Callable[[Path, Path], None]:
    def write(source: Path, target: Path) -> None:
        subprocess.run(
            ["glpsol", "--lp", str(source), "--check", option, str(target)],
            check=True,
            capture_output=True,
        )

    return write


def used(model: Plain) -> Plain:
    """The model without the variables that are in nothing: some writers leave them out."""
    names = {*model.goal, *(name for *_, terms in model.rows.values() for name in terms)}
    return replace(model, columns={n: c for n, c in model.columns.items() if n in names})


WRITERS = [
    ("highs", "lp", write_by_highs),
    ("highs", "mps", write_by_highs),
    ("scip", "lp", write_by_scip),
    ("scip", "mps", write_by_scip),
    ("cbc", "lp", write_by_cbc),
    ("cbc", "mps", write_by_cbc),
    ("glpsol", "lp", write_by_glpk("--wlp")),
    ("glpsol", "mps", write_by_glpk("--wmps")),
    ("glpsol", "mps", write_by_glpk("--wfreemps")),
]


def skip_without(program: str) -> None:
    if program in ("cbc", "glpsol") and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@pytest.mark.parametrize(("program", "suffix", "write"), WRITERS, ids=lambda part: str(part)[:8])
def test_a_model_comes_back_from_a_solver_as_it_was(
    program: str, suffix: str, write: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    skip_without(program)
    source, target = tmp_path / "source.lp", tmp_path / f"target.{suffix}"
    source.write_text(SOURCE)
    write(source, target)
    assert used(read_ours(target)) == used(read_ours(source))


@pytest.mark.parametrize(
    ("suffix", "write"),
    [(suffix, write) for program, suffix, write in WRITERS if program in ("highs", "scip")],
)
def test_a_maximisation_with_a_constant_and_ranges_comes_back_with_its_optimum(
    suffix: str, write: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    source, target = tmp_path / "source.mps", tmp_path / f"target.{suffix}"
    source.write_text(
        "NAME made\nOBJSENSE\n MAX\nROWS\n N goal\n L rng\n G none\n N free\nCOLUMNS\n x goal 3\n"
        " x rng 1 free 1\n y goal -2 rng -1\n z goal 0\nRHS\n RHS goal -5.25 rng 4\n RHS none -1\n"
        "RANGES\n RNG rng 2.5\nBOUNDS\n UP BND x 10\n MI BND y\n UP BND y -3\n UP BND z 2\nENDATA\n"
    )
    write(source, target)
    assert best_of(source) == 14.25  # x = 1, y = -3
    assert best_of(target) == 14.25


def test_cbc_calls_a_variable_free_after_its_upper_bound_which_is_refused(tmp_path: Path) -> None:
    skip_without("cbc")
    source, target = tmp_path / "source.lp", tmp_path / "target.lp"
    source.write_text(SOURCE.replace("-20 <= y", "-inf <= y"))
    write_by_cbc(source, target)
    with pytest.raises(RunError, match=r"'y' has upper bound -3.0 and is free: solvers read this"):
        read_ours(target)


def build_pulp() -> pulp.LpProblem:
    problem = pulp.LpProblem("made", pulp.LpMinimize)
    x, y = pulp.LpVariable("x", 0, 4), pulp.LpVariable("y", -20, -3)
    f, v = pulp.LpVariable("f"), pulp.LpVariable("v", 0, 2.5)
    i, b = pulp.LpVariable("i", -3, 8, "Integer"), pulp.LpVariable("b", cat="Binary")
    problem += -x + 1.5 * y - 2 * i + 3 * b - 0.125 * v
    problem += x + y + f <= 10
    problem += 2 * x + i - b >= -3
    problem += 0.125 * x + 0.5 * v == 0.25
    problem += y + f >= -40
    problem += pulp.LpAffineExpression() <= 3, "empty"
    return problem


def build_pyomo() -> pyo.ConcreteModel:
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(bounds=(0, 4)), pyo.Var(bounds=(-20, -3))
    m.f, m.v = pyo.Var([1]), pyo.Var(bounds=(0, 2.5))
    m.i, m.b = pyo.Var(bounds=(-3, 8), domain=pyo.Integers), pyo.Var(domain=pyo.Binary)
    m.goal = pyo.Objective(expr=-m.x + 1.5 * m.y - 2 * m.i + 3 * m.b - 0.125 * m.v + 7)
    m.c1 = pyo.Constraint(expr=m.x + m.y + m.f[1] <= 10)
    m.c2 = pyo.Constraint(expr=(-3, 2 * m.x + m.i - m.b + 1, 100))
    m.c3 = pyo.Constraint(expr=0.125 * m.x + 0.5 * m.v == 0.25)
    m.c4 = pyo.Constraint(expr=m.y + m.f[1] >= -40)
    return m


@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_what_pulp_writes_has_its_optimum(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{suffix}"
    problem = build_pulp()
    (problem.writeLP if suffix == "lp" else problem.writeMPS)(str(path))
    assert best_of(path) == BEST


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "numbers"])
@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_what_pyomo_writes_has_its_optimum(suffix: str, labels: bool, tmp_path: Path) -> None:
    path = tmp_path / f"model.{suffix}"
    build_pyomo().write(str(path), io_options={"symbolic_solver_labels": labels})
    assert best_of(path) == BEST + 7
