"""Building the run of an OptimizationJob; pure, so that `argmin run` builds the same one."""

from __future__ import annotations

import hashlib
import json
import math
import posixpath
from collections.abc import Mapping
from decimal import Decimal

from argmin.api.backend import BackendName
from argmin.api.base import LABEL_QUEUE
from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.api.optimization.spec import (
    Model,
    OptimizationJob,
    OptimizationJobSpec,
    Script,
)
from argmin.api.pod import Resources
from argmin.api.run import ROOT, SOURCE_INPUT, TOKEN_PATH, Intake, ProgressChannel, RunDocument
from argmin.api.scalars import parse_quantity
from argmin.api.solve.solvers import ModelFormat
from argmin.api.sources import Source
from argmin.api.task import ProgramTask, SolveTask, Task
from argmin.backends.defaults import Defaults
from argmin.backends.run import Owner, Run, RunInput
from argmin.backends.transfers import add_transfers
from argmin.plan import Resource

OPTIMIZATION_JOBS = Resource.of_kind(OPTIMIZATION_JOB)

_FILE_NAMES = {
    ModelFormat.MPS: "model.mps",
    ModelFormat.LP: "model.lp",
    ModelFormat.CP_SAT: "model.pbtxt",
    ModelFormat.NL: "model.nl",
    ModelFormat.PYTHON: "model.py",
}
_SCRIPT_FILE = "script.py"

_NOT_PART_OF_THE_RUN = {
    "suspend",
    "active_deadline_seconds",
    "backoff_limit",
    "ttl_seconds_after_finished",
}
"""Fields that do not change what a run computes: editing them starts no new run."""

_THREADS_LIMIT = 512

_STORE = "spec.artifacts.s3"
_STORE_OF_NAMESPACE = "defaultStore of argmin's chart, or store of the namespace there"

_QUEUE_LABELS = (LABEL_QUEUE, "kueue.x-k8s.io/priority-class")

_CHILD_NAME_LIMIT = 63
_DIGEST_LENGTH = 8


def digest_spec(job: OptimizationJob) -> str:
    """Short digest that identifies a run: of the owner's identity and the fields that matter.

    Fields at their defaults are left out, so that a release that adds a field reruns nothing.
    """
    spec = job.spec.model_dump(
        mode="json", by_alias=True, exclude=_NOT_PART_OF_THE_RUN, exclude_defaults=True
    )
    text = json.dumps([job.metadata.uid, spec], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def name_run(job: OptimizationJob) -> str:
    """Name of the run's Job, at most 63 characters: the job's name and the spec's digest."""
    stem = job.metadata.name[: _CHILD_NAME_LIMIT - _DIGEST_LENGTH - 1].rstrip("-.")
    return f"{stem}-{digest_spec(job)}"


def count_threads(asked: int | None, resources: Resources) -> int:
    """Threads of the solver: as specified, else the CPU limit rounded up, else one."""
    if asked is not None:
        return asked
    cores = parse_quantity(str(resources.limits.get("cpu", "1")))
    return max(1, math.ceil(min(cores, Decimal(_THREADS_LIMIT))))


def build_run(job: OptimizationJob, defaults: Defaults, root: str = ROOT) -> Run:
    """The run of a job. `root` is the folder of inputs and outputs: ROOT in a container."""
    spec = job.spec
    resources = _choose_resources(spec.resources, defaults.resources)
    name = name_run(job)
    backend = choose_backend(job, name, defaults)
    run = Run(
        name=name,
        namespace=job.metadata.namespace,
        owner=Owner(OPTIMIZATION_JOBS, job.metadata.namespace, job.metadata.name, job.metadata.uid),
        document=_build_document(job, defaults, resources, root),
        inputs=_build_inputs(spec),
        image=spec.image or defaults.image,
        backend=backend,
        backend_settings=defaults.complete_settings(spec.backend),
        store=spec.artifacts.s3 if spec.artifacts else defaults.store,
        store_field=_STORE if spec.artifacts else _STORE_OF_NAMESPACE,
        prices=defaults.prices,
        env=spec.env,
        resources=resources,
        node_selector=tuple(sorted(spec.node_selector.items())),
        tolerations=spec.tolerations,
        priority_class_name=spec.priority_class_name,
        image_pull_secrets=spec.image_pull_secrets,
        queue_labels=_pick_queue_labels(job.metadata.labels) if backend is BackendName.PODS else (),
        backoff_limit=spec.backoff_limit,
        service_account_name=spec.service_account_name,
        deadline_seconds=spec.active_deadline_seconds,
        suspend=spec.suspend,
    )
    return add_transfers(run, spec.artifacts.s3 if spec.artifacts else defaults.store)


def _choose_resources(asked: Resources, default: Resources) -> Resources:
    """The requested resources; CPU and memory come all from the job or all from the defaults."""
    compute = asked if asked.limits or asked.requests else default
    storage = asked.ephemeral_storage or default.ephemeral_storage
    return compute.model_copy(update={"ephemeral_storage": storage})


def choose_backend(job: OptimizationJob, run: str, defaults: Defaults) -> BackendName:
    """The backend of the run of that name: unchanged once the run has started."""
    asked = job.spec.backend
    if asked is not None:
        return asked.name
    if job.status.run_name != run:
        return defaults.backend
    return job.status.backend or BackendName.PODS


def _pick_queue_labels(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if LABEL_QUEUE not in labels:
        return ()
    return tuple((name, labels[name]) for name in _QUEUE_LABELS if name in labels)


def _build_document(
    job: OptimizationJob, defaults: Defaults, resources: Resources, root: str
) -> RunDocument:
    spec = job.spec
    return RunDocument(
        name=job.metadata.name,
        namespace=job.metadata.namespace,
        uid=job.metadata.uid,
        task=_build_task(spec, root),
        threads=count_threads(spec.threads, resources),
        seed=spec.seed,
        outputs=spec.outputs,
        root=root,
        intake=Intake(url=defaults.intake_url, token_path=TOKEN_PATH)
        if defaults.intake_url
        else None,
        progress=ProgressChannel.INTAKE if defaults.intake_url else ProgressChannel.NONE,
    )


def _build_task(spec: OptimizationJobSpec, root: str) -> Task:
    if spec.model:
        return SolveTask(
            format=spec.model.format,
            path=locate_source(spec.model.source, SOURCE_INPUT, _name_model(spec.model), root),
            function=spec.model.function or "build",
            solver=spec.solver.name,
            options=spec.solver.options,
            limits=spec.limits,
            solution_pool=spec.solution_pool,
            proof=spec.proof,
        )
    assert spec.script is not None, "a rule of the spec: model or script"
    return ProgramTask(
        path=locate_source(spec.script.source, SOURCE_INPUT, _name_script(spec.script), root),
        command=spec.script.command,
        args=spec.script.args,
        metrics=spec.script.metrics,
        limits=spec.limits,
    )


def _build_inputs(spec: OptimizationJobSpec) -> tuple[RunInput, ...]:
    if spec.model:
        first = RunInput(SOURCE_INPUT, spec.model.source, _name_model(spec.model))
    else:
        assert spec.script is not None, "a rule of the spec: model or script"
        first = RunInput(SOURCE_INPUT, spec.script.source, _name_script(spec.script))
    others = (RunInput(i.name, i.source, name_file(i.source, i.name)) for i in spec.inputs)
    return (first, *others)


def _name_model(model: Model) -> str:
    return _name_object(model.source) or _FILE_NAMES[model.format]


def _name_script(script: Script) -> str:
    return _name_object(script.source) or _SCRIPT_FILE


def name_file(source: Source, fallback: str) -> str:
    """File name of a further input: the key of its ConfigMap or object, if it has one."""
    if source.config_map_key_ref:
        return source.config_map_key_ref.key
    return _name_object(source) or fallback


def _name_object(source: Source) -> str:
    """File name of an object from its key; empty for other sources."""
    return posixpath.basename(source.s3.key) if source.s3 and source.s3.key else ""


def locate_source(source: Source, name: str, file: str, root: str) -> str:
    """Absolute path of a source in the run."""
    if source.image:
        return source.image.path
    folder = posixpath.join(root, "input", name)
    if source.persistent_volume_claim:
        return posixpath.join(folder, source.persistent_volume_claim.path)
    return posixpath.join(folder, file)
