"""The page on progress says what is so: its program runs, its commands draw, its names are ours."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.api.progress import HISTORY_LIMIT, HistoryPoint, SearchProgress
from argmin.api.registry import KINDS
from argmin.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "user-guide" / "progress.md").read_text()

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in _FENCE.findall(PAGE) if found == language]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of the page's job, run as the page says."""
    folder = tmp_path_factory.mktemp("walk")
    (job,) = (text for text in blocks("yaml") if yaml.safe_load(text).get("kind"))
    (folder / "job.yaml").write_text(job)
    assert main(["run", str(folder / "job.yaml"), "--output-dir", str(folder / "walk")]) == 0
    return folder / "walk"


def test_the_program_of_the_page_tells_its_progress(results: Path) -> None:
    solution = json.loads((results / "solution.json").read_text())
    assert (solution["outcome"], solution["sense"]) == ("Feasible", "Minimize")
    assert float(solution["objective"]) < 10
    assert solution["history"][-1]["objective"] == float(solution["objective"])
    assert solution["history"][-1]["bestBound"] == 0


def test_its_result_can_be_plotted_as_the_page_says(results: Path, tmp_path: Path) -> None:
    (commands,) = (text for text in blocks("sh") if "argmin plot" in text)
    for line in commands.splitlines():
        _, command, _, *options = shlex.split(line, comments=True)
        options[1] = str(tmp_path / options[1])
        if not options[1].endswith(".png"):  # slower than the others, and drawn elsewhere
            assert main([command, str(results), *options]) == 0
            assert Path(options[1]).stat().st_size > 10_000


def test_the_status_of_the_page_is_a_progress() -> None:
    (line,) = (line for line in PAGE.splitlines() if line.startswith('{"bestBound"'))
    told = json.loads(line)
    assert SearchProgress.model_validate(told).to_wire() == told


def test_the_history_of_the_page_is_one() -> None:
    (text,) = blocks("json")
    points: list[Any] = json.loads("{" + text + "}")["history"]
    assert [HistoryPoint.model_validate(point).to_wire() for point in points] == points
    assert f"at most {HISTORY_LIMIT}\npoints" in PAGE


def test_the_gauges_of_the_page_are_those_that_there_are() -> None:
    told = set(re.findall(r"^\| `(argmin_solve_\w+)\{namespace,name\}` \|", PAGE, re.MULTILINE))
    assert told == {gauge.name for kind in KINDS for gauge in kind.gauges}


def test_the_pictures_of_the_page_are_there() -> None:
    for picture in re.findall(r'(?:src|srcset)="([^"]+)"', PAGE):
        assert (ROOT / "docs" / "user-guide" / picture).resolve().read_text().startswith("<?xml")
