"""Inputs of a local run: everything is placed, or everything that is missing is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argmin.api.optimization.spec import OptimizationJob
from argmin.backends.defaults import Defaults
from argmin.backends.local.inputs import (
    MissingSourceError,
    Sources,
    place_inputs,
    resolve_environment,
)
from argmin.backends.run import Run, build_environment
from argmin.optimization.build_run import build_run


def run_of(root: Path, source: dict[str, Any], **spec: Any) -> Run:
    job = OptimizationJob.model_validate(
        {
            "metadata": {"name": "steel"},
            "spec": {"model": {"format": "python", "source": source}, **spec},
        }
    )
    return build_run(job, Defaults(image="", intake_url=""), str(root))


def messages_of(run: Run, sources: Sources, root: Path) -> tuple[str, ...]:
    with pytest.raises(MissingSourceError) as missing:
        place_inputs(run, sources, root)
    return missing.value.messages


def test_inline_text_and_keys_of_config_maps_become_files(tmp_path: Path) -> None:
    reference = {"configMapKeyRef": {"name": "data", "key": "prices.csv"}}
    run = run_of(
        tmp_path, {"inline": "def build(): ..."}, inputs=[{"name": "prices", "source": reference}]
    )
    place_inputs(run, Sources(config_maps={"data": {"prices.csv": b"\xff1"}}), tmp_path)
    assert (tmp_path / "input/source/model.py").read_text() == "def build(): ..."
    assert (tmp_path / "input/prices/prices.csv").read_bytes() == b"\xff1"


def test_a_named_folder_stands_for_a_volume_claim(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.py").write_text("x")
    run = run_of(tmp_path, {"persistentVolumeClaim": {"claimName": "models", "path": "a.py"}})
    place_inputs(run, Sources(volumes={"models": folder}), tmp_path)
    assert Path(run.document.task.path).read_text() == "x"


def test_everything_that_is_missing_is_named_at_once_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    run = run_of(
        tmp_path,
        {"configMapKeyRef": {"name": "steel", "key": "model.py"}},
        inputs=[
            {"name": "a", "source": {"inline": "x"}},
            {"name": "b", "source": {"image": {"path": "/nowhere/b.csv"}}},
            {"name": "c", "source": {"persistentVolumeClaim": {"claimName": "prices"}}},
        ],
        env=[
            {"name": "USER", "value": "me"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "login", "key": "key"}}},
        ],
    )
    sources = Sources(config_maps={"steel-2": {}}, secrets={"login": {"keys": b"", "user": b""}})
    assert messages_of(run, sources, tmp_path) == (
        "spec.model.source.configMapKeyRef: ConfigMap steel is in none of the files given"
        " (did you mean steel-2?): add the file that holds it with -f",
        "spec.inputs[1].source.image.path: /nowhere/b.csv is a path in the run's image, and this"
        " machine has no such file: put it there, or use inline or configMapKeyRef",
        "spec.inputs[2].source.persistentVolumeClaim: prices is a volume of the cluster:"
        " name a folder in its place with --volume prices=DIR",
        "spec.env[1].valueFrom.secretKeyRef: Secret login has no key key (did you mean keys?);"
        " it has: keys, user",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_the_folder_of_a_volume_does_not_hold_is_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"persistentVolumeClaim": {"claimName": "models", "path": "a.py"}})
    (message,) = messages_of(run, Sources(volumes={"models": tmp_path}), tmp_path)
    assert message == (
        f"spec.model.source.persistentVolumeClaim.path: {tmp_path}/a.py does not exist"
    )


def test_variables_are_values_or_taken_from_what_they_refer_to(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"inline": "x"},
        env=[
            {"name": "A", "value": "1"},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
            {"name": "D"},
        ],
    )
    sources = Sources(config_maps={"c": {"k": b"3"}}, secrets={"s": {"k": b"2"}})
    assert resolve_environment(run, sources) == {"A": "1", "B": "2", "C": "3", "D": ""}


def test_a_value_that_no_variable_can_hold_is_refused(tmp_path: Path) -> None:
    env = [{"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    run = run_of(tmp_path, {"inline": "x"}, env=env)
    with pytest.raises(MissingSourceError, match="the value holds a zero byte"):
        resolve_environment(run, Sources(secrets={"s": {"k": b"a\0b"}}))


def test_a_program_is_told_where_its_inputs_and_outputs_are(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"inline": "x"},
        inputs=[{"name": "prices", "source": {"image": {"path": "/data/prices.csv"}}}],
        outputs=[{"name": "lp-file", "path": "/opt/ml/processing/lp"}],
    )
    assert build_environment(run) == {
        "ARGMIN_INPUT_SOURCE": f"{tmp_path}/input/source",
        "ARGMIN_INPUT_PRICES": "/data/prices.csv",
        "ARGMIN_OUTPUT_LP_FILE": "/opt/ml/processing/lp",
    }
