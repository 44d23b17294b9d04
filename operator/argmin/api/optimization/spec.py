"""The OptimizationJob: an optimization model or program, solved once, with an honest answer."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.backend import Backend
from argmin.api.backend_rules import BACKEND_RULES
from argmin.api.base import ApiModel, Rule, list_map
from argmin.api.files import OUTPUTS_APART, Input, Output
from argmin.api.meta import Metadata
from argmin.api.optimization.model import LIMIT_RULES, POOL_RULES, Model, Script, format_rule
from argmin.api.optimization.status import (
    OptimizationJobStatus,
    SolutionRef,
    State,
)
from argmin.api.pod import EnvVar, LocalReference, Resources, Toleration
from argmin.api.scalars import Name, ShortName
from argmin.api.solve.proof import ProofRequest
from argmin.api.solve.request import Limits, SolutionPool, Solver
from argmin.api.solve.solvers import FAMILIES, ModelFormat
from argmin.api.storage import Artifacts

MOST_SECONDS = 2**31 - 1
"""What Kubernetes itself takes for the seconds of a Job."""

KIND = "OptimizationJob"
PLURAL = "optimizationjobs"
SHORT_NAME = "opt"

ABANDON = "argmin.dev/abandon"
"""Annotation, `"true"`: let the object go whatever becomes of its job at AWS."""

_OTHER_FAMILY = Rule(
    cel="!(has(self.solver) && has(self.solver.name) && has(self.proof) && has(self.proof.solver)"
    " && (self.proof.solver == self.solver.name"
    " || (self.proof.solver in ['highs', 'scipy'] && self.solver.name in ['highs', 'scipy'])))",
    message="spec.proof.solver is of another family than spec.solver.name (scipy is HiGHS): choose"
    " another one, or leave it out",
    holds=lambda s: (
        not (s.proof and s.proof.solver and s.solver.name)
        or FAMILIES[s.proof.solver] != FAMILIES[s.solver.name]
    ),
)


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
            cel="!(has(self.script) && has(self.proof))",
            message="spec.proof is for spec.model: what a script finds is its own word",
            holds=lambda s: s.script is None or s.proof is None,
        ),
        _OTHER_FAMILY,
        Rule(
            cel="!(has(self.script) && has(self.limits) && (has(self.limits.relativeGap)"
            " || has(self.limits.absoluteGap) || has(self.limits.solutions)))",
            message="spec.limits.relativeGap, absoluteGap and solutions are for spec.model: remove"
            " them, a script sets its own limits; spec.limits.time holds for it",
            holds=lambda s: s.script is None or s.limits == Limits(time=s.limits.time),
        ),
        *LIMIT_RULES,
        *POOL_RULES,
        OUTPUTS_APART,
        *BACKEND_RULES,
    )

    model: Model | None = Field(
        default=None,
        description="A model that argmin solves, checks and proves; exactly one of model and script"
        " is given.",
    )
    script: Script | None = Field(
        default=None,
        description="A program that solves its own model and reports what it found; exactly one of"
        " model and script is given.",
    )
    solver: Solver = Field(
        default_factory=Solver,
        description="Solver of spec.model, and its options; chosen by the model if left out.",
    )
    limits: Limits = Field(
        default_factory=Limits,
        description="When to stop the search with the incumbent as answer; no limit if left out.",
    )
    threads: Annotated[int, Field(ge=1, le=512)] | None = Field(
        default=None,
        description="Number of threads of the solver; if left out, resources.limits.cpu rounded up,"
        " else 1.",
    )
    seed: Annotated[int, Field(ge=0, le=2147483647)] | None = Field(
        default=None,
        description="Random seed of the solver; its own default if left out. status.seed has the"
        " one that was used.",
    )
    solution_pool: SolutionPool | None = Field(
        default=None,
        description="Ask for more than one solution (CP-SAT models only); one if left out.",
    )
    proof: ProofRequest | None = Field(
        default=None,
        description="How well the answer is to be proven; if left out, as well as is possible in"
        " the default time.",
    )
    inputs: Annotated[tuple[Input, ...], Field(max_length=16)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
        description="Further files and folders for the run, read-only below"
        " /opt/ml/processing/input.",
    )
    outputs: Annotated[tuple[Output, ...], Field(max_length=16)] = Field(
        default=(),
        json_schema_extra=list_map("name"),
        description="Folders whose files are kept with the result when the run has ended; other"
        " files of the run are lost.",
    )
    backend: Backend | None = Field(
        default=None, description="Where the job runs; the namespace's default if left out."
    )
    artifacts: Artifacts | None = Field(
        default=None,
        description="Where the result is kept: solution, proof, log and outputs. If left out, in"
        " the namespace's store, and without one in a ConfigMap, which holds about 1 MiB.",
    )
    image: Annotated[str, Field(min_length=1, max_length=512)] | None = Field(
        default=None,
        description="Container image of the run, built from argmin's solver image; that image"
        " itself if left out.",
    )
    image_pull_secrets: Annotated[tuple[LocalReference, ...], Field(max_length=8)] = Field(
        default=(),
        description="Secrets with which the kubelet pulls the image; no effect outside of this"
        " cluster.",
    )
    service_account_name: Name | None = Field(
        default=None,
        description="Service account of the pods, for the identity that a cloud gives it; the"
        " namespace's default account if left out. No token for the Kubernetes API is mounted.",
    )
    env: Annotated[tuple[EnvVar, ...], Field(max_length=64)] = Field(
        default=(), description="Environment variables of the program or Python model."
    )
    resources: Resources = Field(
        default_factory=Resources,
        description="CPU, memory and disk of the run's container. Where the backend has"
        " an instanceType, that decides, and only limits.cpu has an effect, on the number of"
        " threads.",
    )
    node_selector: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict,
        json_schema_extra={"maxProperties": 32},
        description="Labels that a node must have for the pods to run on it; any node if left out."
        " No effect outside of this cluster.",
    )
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = Field(
        default=(),
        description="Taints of nodes that the pods tolerate; none if left out. No effect"
        " outside of this cluster.",
    )
    priority_class_name: Name | None = Field(
        default=None,
        description="PriorityClass of the pods; the cluster's default priority if left out. No"
        " effect outside of this cluster.",
    )
    suspend: bool = Field(
        default=False,
        description="Whether the job is suspended. A running search is stopped and its incumbent"
        " kept; false starts a new attempt from the beginning.",
    )
    active_deadline_seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] | None = Field(
        default=None,
        description="Limit of the running time over all attempts, in seconds; none if left out."
        " Waiting for a node or an instance counts; time suspended or in a queue does not.",
    )
    backoff_limit: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3,
        description="Number of retries after failed attempts. Attempts that a lost node, an"
        " eviction or a fault of AWS ended do not count.",
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=MOST_SECONDS)] | None = Field(
        default=None,
        description="Seconds after its end at which the object is deleted, with a result in a"
        " ConfigMap; never if left out.",
    )


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
    spec: OptimizationJobSpec = Field(
        description="What to solve, how, and with what. An edit of what is solved starts a new run."
    )
    status: OptimizationJobStatus = Field(
        default_factory=OptimizationJobStatus,
        description="What is known about the job, written by the operator; the answer is that of"
        " the last attempt that had one.",
    )


__all__ = [
    "ABANDON",
    "KIND",
    "PLURAL",
    "SHORT_NAME",
    "Metadata",
    "Model",
    "OptimizationJob",
    "OptimizationJobSpec",
    "OptimizationJobStatus",
    "Script",
    "ShortName",
    "SolutionRef",
    "State",
]
