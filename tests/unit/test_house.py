"""The law on who may name a kind or a backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import stray_names

OPERATOR = Path("operator/argmin")
GENERIC = [
    "__main__.py",
    "settings.py",
    "api/base.py",
    "backends/defaults.py",
    "backends/pods/registration.py",
    "cli/commands/get.py",
    "runtime/controller/engine.py",
]
OF_A_KIND = [
    "api/optimization/spec.py",
    "optimization/rules/chain.py",
    "cli/kinds/optimization.py",
    "api/registry.py",
    "kinds.py",
]
OF_A_BACKEND = [
    "api/backend.py",
    "api/backend_rules.py",
    "backends/registry.py",
    "backends/sagemaker/settings.py",
    "aws/client.py",
    "cli/logs/sources.py",
    "cli/commands/plan_request.py",
]


@pytest.mark.parametrize(
    ("text", "strays"),
    [
        ("from argmin import OptimizationJob", [*GENERIC, *OF_A_BACKEND]),
        ("from argmin import SageMaker", [*GENERIC, *OF_A_KIND]),
        ("from argmin import Run", []),
    ],
)
def test_a_file_outside_of_its_homes_names_no_kind_and_no_backend(
    text: str, strays: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [OPERATOR / name for name in (*GENERIC, *OF_A_KIND, *OF_A_BACKEND)]
    files.append(Path("tests/world.py"))
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    named = [Path(line.partition(":")[0]) for line in stray_names(files)]
    assert named == [OPERATOR / name for name in strays]
