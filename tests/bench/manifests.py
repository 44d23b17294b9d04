"""What is applied: jobs of argmin, and the plain Jobs beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from argmin.api.optimization.spec import OptimizationJob
from argmin.backends.defaults import Defaults
from argmin.backends.pods.job import build_config_map, build_job
from argmin.backends.pods.template import USER_ID, build_template
from argmin.optimization.build_run import build_run
from argmin.plan import Manifest

SOLVER_OPTIONS: Mapping[str, Any] = {"threads": 1, "random_seed": 0, "mip_rel_gap": 0.0}
"""What argmin's adapter sets, so that both sides solve the same problem in the same way."""

MODEL_MAP = "knapsack"
MODEL_KEY = "model.mps"

_SOURCE_FOLDER = "/opt/ml/processing/input/source"
_SOLVE_RESOURCES = {
    "requests": {"cpu": "500m", "memory": "512Mi"},
    "limits": {"cpu": "1", "memory": "1Gi"},
}
_LIGHT_RESOURCES = {"requests": {"cpu": "10m", "memory": "16Mi"}}
"""So little that the scheduler never holds a pod back."""


def build_model_map(model: str) -> Manifest:
    """The ConfigMap with the model that both sides mount."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": MODEL_MAP},
        "data": {MODEL_KEY: model},
    }


def build_solve(name: str) -> Manifest:
    """An OptimizationJob that solves the model by HiGHS."""
    source = {"configMapKeyRef": {"name": MODEL_MAP, "key": MODEL_KEY}}
    return _build_optimization_job(
        name,
        {
            "model": {"format": "mps", "source": source},
            "solver": {"name": "highs"},
            "threads": SOLVER_OPTIONS["threads"],
            "seed": SOLVER_OPTIONS["random_seed"],
            "resources": _SOLVE_RESOURCES,
        },
    )


def build_bare_solve(name: str, image: str) -> Manifest:
    """A plain Job that solves the same model by the library alone, as strictly confined."""
    program = Path(__file__).with_name("direct_solve.py").read_text()
    model = f"{_SOURCE_FOLDER}/{MODEL_KEY}"
    return _build_bare_job(
        name,
        image,
        ["python", "-c", program, model, json.dumps(dict(SOLVER_OPTIONS))],
        _SOLVE_RESOURCES,
        volumes=[{"name": "source", "configMap": {"name": MODEL_MAP}}],
        mounts=[{"name": "source", "mountPath": _SOURCE_FOLDER, "readOnly": True}],
    )


_SILENT = """\
import time
from argmin_solvers import report
time.sleep(4)
report(objective=1)
"""


def build_quick(name: str) -> Manifest:
    """An OptimizationJob whose program ends at once."""
    script = {"source": {"inline": "#\n"}, "command": ["true"]}
    return _build_optimization_job(name, {"script": script, "resources": _LIGHT_RESOURCES})


def build_silent(name: str) -> Manifest:
    """An OptimizationJob whose program works for some seconds and tells nothing until its end."""
    script = {"source": {"inline": _SILENT}}
    return _build_optimization_job(name, {"script": script, "resources": _LIGHT_RESOURCES})


def build_bare_true(name: str, image: str) -> Manifest:
    """A plain Job whose container ends at once: what Kubernetes itself needs."""
    return _build_bare_job(name, image, ["true"], _LIGHT_RESOURCES)


def build_bare_runners(names: Sequence[str], image: str) -> tuple[Manifest, list[Manifest]]:
    """Plain Jobs with the very pods that argmin makes of `build_quick`, and their ConfigMap.

    The job document names no intake, so nothing is delivered and no token is mounted; the labels
    and the owner by which the operator would know them are left out.
    """
    job = OptimizationJob.model_validate(build_quick("bare-runner"))
    run = build_run(job, Defaults(image=image, intake_url=""))
    spec = build_job(run)["spec"] | {"template": build_template(run, {})}
    shared = build_config_map(run)
    shared["metadata"] = {"name": run.name}
    return shared, [_wrap_job(name, spec) for name in names]


def join_manifests(manifests: Sequence[Manifest]) -> str:
    """Many objects as one file for `kubectl apply`."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})


def _build_optimization_job(name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": name},
        "spec": spec,
    }


def _build_bare_job(
    name: str,
    image: str,
    command: list[str],
    resources: Manifest,
    volumes: Sequence[Manifest] = (),
    mounts: Sequence[Manifest] = (),
) -> Manifest:
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "bare",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": command,
                "env": [{"name": "HOME", "value": "/tmp"}],
                "resources": resources,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *mounts],
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}, *volumes],
    }
    return _wrap_job(name, {"template": {"spec": pod}})


def _wrap_job(name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}
