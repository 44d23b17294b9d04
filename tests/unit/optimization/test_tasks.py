"""The task of a run's document: the parts of the spec as they are written."""

from __future__ import annotations

from typing import Any

from argmin.api.optimization.spec import OptimizationJob
from argmin.api.run import RunDocument
from argmin.backends.defaults import Defaults
from argmin.optimization.build_run import build_run

SOURCE = "/opt/ml/processing/input/source"


def task_of(**spec: Any) -> dict[str, Any]:
    """The task of a job's document as the runner reads it, without what is left out."""
    manifest = {"metadata": {"name": "steel", "uid": "1"}, "spec": spec}
    run = build_run(OptimizationJob.model_validate(manifest), Defaults("argmin/solvers:1", ""))
    text = run.document.model_dump_json(by_alias=True, exclude_none=True)
    return RunDocument.model_validate_json(text).task.to_wire()


def test_a_model_is_solved_with_what_the_spec_says_of_solver_limits_pool_and_proof() -> None:
    solver = {"name": "cp-sat", "options": {"num_workers": 2}}
    asked = {
        "limits": {"time": "1m30s", "relativeGap": "1e-6", "solutions": 3},
        "solutionPool": {"enumerateAll": True, "size": 5},
        "proof": {"level": "CrossChecked", "time": "500ms", "solver": "highs"},
    }
    model = {"format": "python", "function": "make", "source": {"inline": "x"}}
    assert task_of(model=model, solver=solver, **asked) == {
        "kind": "solve",
        "format": "python",
        "function": "make",
        "path": f"{SOURCE}/model.py",
        "solver": "cp-sat",
        "options": {"num_workers": 2},
        **asked,
    }


def test_a_script_is_run_with_its_command_arguments_metrics_and_time() -> None:
    asked = {
        "command": ["python", "-u"],
        "args": ["--weeks", "4"],
        "metrics": [{"name": "cost", "regex": "cost=(.*)"}],
    }
    script = {"source": {"inline": "x"}, **asked}
    assert task_of(script=script, limits={"time": "1h"}) == {
        "kind": "program",
        "path": f"{SOURCE}/script.py",
        "limits": {"time": "1h"},
        **asked,
    }
