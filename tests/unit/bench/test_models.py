from __future__ import annotations

from pathlib import Path

import highspy
import pytest

from tests.bench.models import (
    SMALL,
    Size,
    build_knapsack,
    build_lots,
    build_production,
    build_transport,
)


def test_the_same_seed_gives_the_same_model() -> None:
    assert build_knapsack(SMALL, 7) == build_knapsack(SMALL, 7)
    assert build_knapsack(SMALL, 7) != build_knapsack(SMALL, 8)


def test_the_model_is_valid_mps_of_the_size_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.mps"
    path.write_text(build_knapsack(Size(items=8, capacities=2)))
    highs = highspy.Highs()
    highs.silent()
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    assert (highs.getNumCol(), highs.getNumRow()) == (8, 2)


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [(build_production(3, 5), 35, 20), (build_lots(2, 6), 36, 30)],
    ids=["production", "lots"],
)
def test_models_over_periods_can_be_solved(
    tmp_path: Path, text: str, columns: int, rows: int
) -> None:
    path = tmp_path / "model.mps"
    path.write_text(text)
    highs = highspy.Highs()
    highs.silent()
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert (highs.getNumCol(), highs.getNumRow()) == (columns, rows)


def test_a_transport_can_meet_every_need(tmp_path: Path) -> None:
    path = tmp_path / "model.mps"
    path.write_text(build_transport(plants=3, markets=7))
    highs = highspy.Highs()
    highs.silent()
    highs.readModel(str(path))
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert (highs.getNumCol(), highs.getNumRow()) == (21, 10)
