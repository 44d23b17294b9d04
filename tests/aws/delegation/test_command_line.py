"""The command line on jobs of SageMaker: the person's own AWS credentials read the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.aws.delegation.manifests import BLEND_VALUE, build_program
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws


def test_result_logs_and_get_read_what_sagemaker_left(scene: Scene, tmp_path: Path) -> None:
    scene.solve()
    result = json.loads(scene.run_command("result", "blend", "-o", "json"))
    assert result["objective"] == BLEND_VALUE
    assert "blend" in scene.run_command("get")
    assert "Optimal" in scene.run_command("get", "blend")
    assert scene.run_command("logs", "blend")


def test_outputs_come_from_the_bucket(scene: Scene, tmp_path: Path) -> None:
    program = (
        "import os, pathlib\n"
        "print('writing')\n"
        "pathlib.Path(os.environ['ARGMIN_OUTPUT_DATA'], 'a.txt').write_text('A')\n"
    )
    outputs = [{"name": "data", "path": "/opt/ml/processing/data"}]
    scene.finish(scene.submit(build_program("writer", program, outputs=outputs)))
    scene.run_command("result", "writer", "--output-dir", str(tmp_path / "out"))
    assert (tmp_path / "out" / "data" / "a.txt").read_text() == "A"
    assert "writing" in scene.run_command("logs", "writer")
