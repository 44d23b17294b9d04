"""A namespaced kind that ends: a set of runs, complete once all of them are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from argmin.api.base import ApiModel, list_map
from argmin.api.conditions import COMPLETE, FAILED
from argmin.api.kind_info import Column, KindInfo
from argmin.api.meta import Condition, Metadata
from argmin.backends.backend import Observations
from argmin.backends.execution import RunSet
from argmin.kinds import Environment
from argmin.plan import JOBS, PODS, Call, Event, Manifest, Plan, Resource, Runs, View
from tests.kinds.children import name_owner, set_conditions
from tests.kinds.runs import RunStatus, build_run, decide_runs, list_runs, want_runs


class ErrandSpec(ApiModel):
    """What an errand does."""

    text: str = Field(min_length=3, description="Argument of each part.")
    parts: int = Field(default=1, description="Runs, all at once.")


class ErrandStatus(ApiModel):
    """How it stands."""

    observed_generation: int | None = Field(default=None, description="Generation that was read.")
    state: str | None = Field(default=None, description="Where it stands, in one word.")
    runs: tuple[RunStatus, ...] = Field(
        default=(), description="Its runs, by name.", json_schema_extra=list_map("name")
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        description="Complete and Failed, by type.",
        json_schema_extra=list_map("type"),
    )


class Errand(ApiModel):
    """Several parts of one program, each a run."""

    metadata: Metadata
    spec: ErrandSpec = Field(description="What is wanted.")
    status: ErrandStatus = Field(default_factory=ErrandStatus, description="What was found.")


ERRAND = KindInfo(
    name="Errand",
    plural="errands",
    short_name="err",
    model=Errand,
    columns=(Column("Parts", "integer", ".spec.parts", "Runs, all at once."),),
)
ERRANDS = Resource.of_kind(ERRAND)


@dataclass
class ErrandKind:
    """Starts all parts at once, and awaits them."""

    environment: Environment
    resource: Resource = ERRANDS
    children: tuple[Resource, ...] = (JOBS, PODS)

    def parse(self, manifest: Manifest) -> Errand:
        return Errand.model_validate(manifest)

    def list_runs(self, manifest: Manifest) -> Runs:
        """The runs that may report to the intake."""
        return list_runs(manifest)

    def want(self, obj: Errand) -> RunSet:
        owner = name_owner(ERRANDS, obj.metadata)
        runs = [
            build_run(owner, obj.metadata.namespace, number, obj.spec.text)
            for number in range(obj.spec.parts)
        ]
        return want_runs(owner, obj.metadata, runs, obj.status.runs)

    async def observe(self, obj: Errand, wanted: RunSet, view: View) -> Observations:
        return await self.environment.backends.observe(wanted, view, self.environment.clock())

    def decide(self, obj: Errand, wanted: RunSet, observed: Observations, now: datetime) -> Plan:
        if obj.metadata.deletion_timestamp is not None:
            return Plan()
        runs = decide_runs(wanted, obj.status.runs, observed, now)
        reason = "Ended" if runs.are_over else "Running"
        has_failed = runs.are_over and runs.have_failed
        ends = {
            COMPLETE: (runs.are_over and not has_failed, reason, ""),
            FAILED: (has_failed, reason, ""),
        }
        generation = obj.metadata.generation
        conditions = set_conditions(obj.status.conditions, now, generation, **ends)
        status = ErrandStatus(
            observed_generation=generation, state=reason, runs=runs.statuses, conditions=conditions
        )
        actions = runs.actions
        return Plan(
            patch=actions.patch,
            apply=actions.apply,
            delete=actions.delete,
            calls=actions.calls,
            status=status.to_wire(),
            uids=runs.uids,
            requeue_after=runs.requeue_after,
            events=(Event(reason, f"{len(runs.statuses)} runs"),),
        )

    async def perform(self, call: Call) -> None:
        await self.environment.backends.perform(call)
