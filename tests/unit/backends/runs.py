"""Runs for the tests of the backends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from argmin.api.files import Output
from argmin.api.pod import EnvVar, Resources, SecretKeyRef
from argmin.api.run import TOKEN_PATH, Intake, RunDocument
from argmin.api.solve.solvers import ModelFormat
from argmin.api.sources import Source
from argmin.api.task import SolveTask
from argmin.backends.run import Owner, Run, RunInput
from argmin.plan import Resource

OWNER = Owner(
    Resource("argmin.dev/v1alpha1", "OptimizationJob", "optimizationjobs"),
    namespace="team",
    name="steel",
    uid="6f1c",
)
SECRET = {"secretKeyRef": SecretKeyRef(name="license", key="token")}


def make_run(**fields: Any) -> Run:
    """A run that has a bit of everything; `fields` replace some."""
    run = Run(
        name="steel-0123abcd",
        namespace="team",
        owner=OWNER,
        document=RunDocument(
            name="steel",
            namespace="team",
            uid="6f1c",
            task=SolveTask(
                format=ModelFormat.PYTHON, path="/opt/ml/processing/input/source/model.py"
            ),
            outputs=(Output(name="data", path="/opt/ml/processing/data"),),
            intake=Intake(url="http://argmin.argmin-system:8080", token_path=TOKEN_PATH),
        ),
        inputs=(
            RunInput("source", Source(inline="def build(): ...\n"), "model.py"),
            RunInput("costs", _source(configMapKeyRef={"name": "data", "key": "c.csv"}), "c.csv"),
            RunInput("history", _source(persistentVolumeClaim={"claimName": "archive"})),
            RunInput("maps", _source(image={"path": "/maps"})),
        ),
        image="ghcr.io/argmin/solvers:0.1.0",
        env=(
            EnvVar(name="MONTH", value="11"),
            EnvVar.model_validate({"name": "LICENSE", "valueFrom": SECRET}),
        ),
        resources=Resources(limits={"cpu": "1", "memory": "1Gi"}),
        deadline_seconds=600,
    )
    return replace(run, **fields)


def _source(**fields: Any) -> Source:
    return Source.model_validate(fields)
