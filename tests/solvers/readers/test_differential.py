"""MPS and LP files are read as the readers of HiGHS and SCIP read them, number by number."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.solvers.problems import MPS
from tests.solvers.readers.generated import (
    LP_STYLES,
    MPS_STYLES,
    LpStyle,
    MpsStyle,
    Written,
    models,
    write_lp,
    write_mps,
)
from tests.solvers.readers.plain import read_by_highs, read_by_scip, read_ours

FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FEW
@given(model=models(ranges=True), style=MPS_STYLES)
def test_an_mps_file_is_read_as_it_was_meant_and_as_others_read_it(
    model: Written, style: MpsStyle, tmp_path: Path
) -> None:
    path = tmp_path / "model.mps"
    path.write_text(write_mps(model, style))
    ours = read_ours(path)
    assert ours == model.plain
    assert ours == read_by_scip(path)
    assert ours == read_by_highs(path)


@FEW
@given(model=models(ranges=False), style=LP_STYLES)
def test_an_lp_file_is_read_as_it_was_meant_and_as_others_read_it(
    model: Written, style: LpStyle, tmp_path: Path
) -> None:
    path = tmp_path / "model.lp"
    path.write_text(write_lp(model, style))
    ours = read_ours(path)
    assert ours == model.plain
    assert ours == read_by_scip(path)
    assert ours == read_by_highs(path)


@pytest.mark.parametrize("name", ["afiro", "dcmulti", "egout", "gesa2", "lseu", "p0548", "rgn"])
def test_public_instances_are_read_as_scip_reads_them(name: str) -> None:
    path = MPS / f"{name}.mps"
    assert read_ours(path) == read_by_scip(path)
