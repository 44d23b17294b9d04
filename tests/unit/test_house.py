"""The law on who may name a kind or a backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import HOMES, NAMES_IN_CLI, stray_names


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is found in files that all name a kind and a backend."""
    monkeypatch.chdir(tmp_path)
    files = [
        Path("operator/argmin") / name
        for name in (
            "kinds.py",
            "api/registry.py",
            "api/optimization/spec.py",
            "optimization/rules/chain.py",
            "cli/kinds/optimization.py",
            "cli/commands/get.py",
            "cli/logs/sources.py",
            "runtime/controller/engine.py",
        )
    ]
    for file in [*files, Path("tests/world.py")]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("OptimizationJob, SageMaker")
    every = [*files, Path("tests/world.py")]
    found = [*stray_names(every, HOMES), *stray_names(every, NAMES_IN_CLI, "operator/argmin/cli")]
    return [line.partition(":")[0].removeprefix("operator/argmin/") for line in found]


def test_generic_files_of_the_operator_name_no_kind_and_those_of_the_command_line_no_backend(
    broken: list[str],
) -> None:
    assert broken == [
        "cli/commands/get.py",
        "cli/logs/sources.py",
        "runtime/controller/engine.py",
        "cli/kinds/optimization.py",
        "cli/commands/get.py",
    ]
