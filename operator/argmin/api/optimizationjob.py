"""The OptimizationJob: an optimization model or program, solved once, with an honest answer."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.backend import Backend
from argmin.api.common import (
    ApiModel,
    EnvVar,
    LocalReference,
    Name,
    Resources,
    Rule,
    ShortName,
    Timestamp,
    Toleration,
    list_map,
)
from argmin.api.files import OUTPUTS_APART, Input, Output
from argmin.api.jobstatus import (
    OptimizationJobStatus,
    RunStatus,
    SolutionRef,
    State,
)
from argmin.api.model import (
    FORMAT_SOLVERS,
    Limits,
    MetricPattern,
    Model,
    ModelFormat,
    Script,
    SolutionPool,
    Solver,
    SolverName,
    format_rule,
)
from argmin.api.sources import Source
from argmin.api.storage import Artifacts, S3Bucket

MOST_SECONDS = 2**31 - 1
"""What Kubernetes itself takes for the seconds of a Job."""

KIND = "OptimizationJob"
PLURAL = "optimizationjobs"
SHORT_NAME = "opt"

ABANDON = "argmin.dev/abandon"
"""Annotation, `"true"`: let the object go whatever becomes of its job at AWS."""


def _on_sage_maker(spec: OptimizationJobSpec) -> bool:
    return spec.backend is not None and spec.backend.sage_maker is not None


_ON_SAGE_MAKER = "has(self.backend) && has(self.backend.sageMaker)"

_NO_SECRET = "argmin reads no Secret and so can pass none on to SageMaker"

SAGE_MAKER_RULES = (
    Rule(
        cel=f"!({_ON_SAGE_MAKER} && ((has(self.model)"
        " && has(self.model.source.persistentVolumeClaim))"
        " || (has(self.script) && has(self.script.source.persistentVolumeClaim))"
        " || (has(self.inputs) && self.inputs.exists(i, has(i.source.persistentVolumeClaim)))))",
        message="a persistentVolumeClaim is of this cluster and SageMaker cannot read it:"
        " put the file into a bucket and name it by s3",
        holds=lambda s: (
            not (_on_sage_maker(s) and any(f.persistent_volume_claim for f in list_sources(s)))
        ),
    ),
    Rule(
        cel=f"!({_ON_SAGE_MAKER} && has(self.artifacts)"
        " && (has(self.artifacts.s3.endpoint) || has(self.artifacts.s3.credentialsSecret)))",
        message="on SageMaker the result goes to Amazon S3 by the role of the job:"
        " remove endpoint and credentialsSecret of spec.artifacts.s3",
        holds=lambda s: (
            not (
                _on_sage_maker(s)
                and s.artifacts
                and (s.artifacts.s3.endpoint or s.artifacts.s3.credentials_secret)
            )
        ),
    ),
    Rule(
        cel=f"!({_ON_SAGE_MAKER} && has(self.env) && self.env.exists(e, has(e.valueFrom)"
        " && has(e.valueFrom.secretKeyRef)))",
        message=f"{_NO_SECRET}: have the program read AWS Secrets Manager by the role of the job",
        holds=lambda s: (
            not (
                _on_sage_maker(s)
                and any(e.value_from and e.value_from.secret_key_ref for e in s.env)
            )
        ),
    ),
    Rule(
        cel=f"!({_ON_SAGE_MAKER} && ((has(self.model) && has(self.model.source.s3)"
        " && has(self.model.source.s3.credentialsSecret))"
        " || (has(self.script) && has(self.script.source.s3)"
        " && has(self.script.source.s3.credentialsSecret))"
        " || (has(self.inputs) && self.inputs.exists(i, has(i.source.s3)"
        " && has(i.source.s3.credentialsSecret)))"
        " || (has(self.outputs) && self.outputs.exists(o, has(o.s3)"
        " && has(o.s3.credentialsSecret)))))",
        message=f"{_NO_SECRET}: remove credentialsSecret, and let the role of the job read and"
        " write the bucket",
        holds=lambda s: not (_on_sage_maker(s) and any(p.credentials_secret for p in _places(s))),
    ),
    Rule(
        cel=f"!({_ON_SAGE_MAKER} && has(self.outputs)"
        " && self.outputs.exists(o, !o.path.startsWith('/opt/ml/processing/')))",
        message="SageMaker keeps what is below /opt/ml/processing: put spec.outputs there",
        holds=lambda s: (
            not (
                _on_sage_maker(s)
                and any(not o.path.startswith("/opt/ml/processing/") for o in s.outputs)
            )
        ),
    ),
)
"""What a job on SageMaker cannot have. Where SageMaker is the namespace's default, only the
operator can tell."""


def list_sources(spec: OptimizationJobSpec) -> tuple[Source, ...]:
    """All sources of a spec."""
    first = [part.source for part in (spec.model, spec.script) if part]
    return (*first, *(item.source for item in spec.inputs))


def _places(spec: OptimizationJobSpec) -> tuple[S3Bucket, ...]:
    """Where in object stores the files are, apart from the result."""
    sources = tuple(source.s3 for source in list_sources(spec) if source.s3)
    return (*sources, *(output.s3 for output in spec.outputs if output.s3))


class OptimizationJobSpec(ApiModel):
    """What to solve, how, and with what."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.script) != has(self.model)",
            message="a job has exactly one of spec.model (argmin solves it) and spec.script"
            " (your own program): write one of them",
            holds=lambda s: (s.script is None) != (s.model is None),
        ),
        *(format_rule(f) for f in ModelFormat if f is not ModelFormat.PYTHON),
        Rule(
            cel="!(has(self.script) && has(self.solver))",
            message="spec.solver is for spec.model: a script chooses its solver itself",
            holds=lambda s: s.script is None or s.solver == Solver(),
        ),
        Rule(
            cel="!(has(self.script) && has(self.solutionPool))",
            message="spec.solutionPool is for spec.model: a script keeps its solutions itself",
            holds=lambda s: s.script is None or s.solution_pool is None,
        ),
        Rule(
            cel="!(has(self.script) && has(self.limits) && (has(self.limits.relativeGap)"
            " || has(self.limits.absoluteGap) || has(self.limits.solutions)))",
            message="spec.limits.relativeGap, absoluteGap and solutions are for spec.model: remove"
            " them, a script sets its own limits; spec.limits.time holds for it",
            holds=lambda s: s.script is None or s.limits == Limits(time=s.limits.time),
        ),
        Rule(
            cel="!(has(self.model) && has(self.solver) && has(self.solver.name)"
            " && self.solver.name != 'cp-sat' && has(self.solutionPool))",
            message="spec.solutionPool needs spec.solver.name: cp-sat",
            holds=lambda s: s.solution_pool is None or s.solver.name in (None, SolverName.CP_SAT),
        ),
        OUTPUTS_APART,
        *SAGE_MAKER_RULES,
    )

    model: Model | None = None
    script: Script | None = None
    solver: Solver = Field(default_factory=Solver)
    limits: Limits = Field(default_factory=Limits)
    threads: Annotated[int, Field(ge=1, le=512)] | None = Field(
        default=None, description="Threads of the solver; the CPU limit where left out."
    )
    seed: Annotated[int, Field(ge=0, le=2147483647)] | None = Field(
        default=None, description="Random seed of the solver, recorded in the answer."
    )
    solution_pool: SolutionPool | None = None
    inputs: Annotated[tuple[Input, ...], Field(max_length=16)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    outputs: Annotated[tuple[Output, ...], Field(max_length=16)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
    )
    backend: Backend | None = Field(
        default=None, description="Where it runs; the namespace's default where left out."
    )
    artifacts: Artifacts | None = Field(
        default=None,
        description="Where the result is kept; the namespace's store where left out, and without"
        " one a ConfigMap.",
    )
    image: Annotated[str, Field(min_length=1, max_length=512)] | None = Field(
        default=None,
        description="Image of the run; argmin's solver image where left out."
        " An image of your own is built from it.",
    )
    image_pull_secrets: Annotated[tuple[LocalReference, ...], Field(max_length=8)] = ()
    service_account_name: Name | None = Field(
        default=None,
        description="Service account of the pods, for the identity that a cloud gives it; no token"
        " for the Kubernetes API is mounted.",
    )
    env: Annotated[tuple[EnvVar, ...], Field(max_length=64)] = ()
    resources: Resources = Field(default_factory=Resources)
    node_selector: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, json_schema_extra={"maxProperties": 32}
    )
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = ()
    priority_class_name: Name | None = None
    suspend: bool = Field(default=False, description="Hold the job; a running solve is stopped.")
    active_deadline_seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] | None = Field(
        default=None,
        description="Total running time allowed, over all attempts, in seconds. It counts from"
        " when the run exists: also while a pod waits for a node or SageMaker readies an instance,"
        " but not while the job is suspended or waits in a queue.",
    )
    backoff_limit: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3, description="How often a failed run is tried again. Node loss does not count."
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=MOST_SECONDS)] | None = Field(
        default=None, description="Delete the object this long after it finished."
    )


class Metadata(ApiModel):
    """The part of `ObjectMeta` that argmin reads."""

    name: Name
    namespace: Name = "default"
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None


class OptimizationJob(ApiModel):
    """An optimization model or program as a custom resource: solved once, with an honest answer."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.metadata.name.size() <= 63",
            message="metadata.name is carried as a label of the pods: use at most 63 characters",
            holds=lambda j: len(j.metadata.name) <= 63,
        ),
    )

    api_version: str = "argmin.dev/v1alpha1"
    kind: str = KIND
    metadata: Metadata
    spec: OptimizationJobSpec
    status: OptimizationJobStatus = Field(default_factory=OptimizationJobStatus)


__all__ = [
    "ABANDON",
    "FORMAT_SOLVERS",
    "KIND",
    "PLURAL",
    "SAGE_MAKER_RULES",
    "SHORT_NAME",
    "Limits",
    "Metadata",
    "MetricPattern",
    "Model",
    "ModelFormat",
    "OptimizationJob",
    "OptimizationJobSpec",
    "OptimizationJobStatus",
    "RunStatus",
    "Script",
    "ShortName",
    "SolutionPool",
    "SolutionRef",
    "Solver",
    "SolverName",
    "State",
    "list_sources",
]
