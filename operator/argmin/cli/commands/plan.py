"""`argmin plan`: what a reconcile would do with a job, and why; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from argmin import __version__
from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.api.optimization.spec import KIND, OptimizationJob
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.cli.cluster.session import Session, open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import ExitStatus
from argmin.cli.manifests.documents import (
    Document,
    collect_sources,
    pick_job,
    read_documents,
    read_job,
)
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    utc_now,
    write_data,
    write_documents,
)
from argmin.optimization.observe import observe
from argmin.optimization.rules.chain import decide
from argmin.optimization.run_request import build_runs
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Call, Key, Manifest, Plan, Resource, list_entries

DEFAULTS = Defaults(
    image=f"argmin/solvers:{__version__}",
    intake_url="http://argmin-intake.argmin-system.svc:8080",
)
"""As the chart installs them; those of a cluster's own operator may differ."""


@dataclass(frozen=True)
class Snapshot:
    """A job with what surrounds it, as a kind's `View`."""

    job: OptimizationJob
    objects: Sequence[Manifest] = ()
    """Jobs, pods and ConfigMaps."""

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        """The children of an owner."""
        return [
            manifest
            for manifest in self.objects
            if manifest["kind"] == resource.kind and owner_uid in _list_owners(manifest)
        ]

    def is_served(self, resource: Resource) -> bool:
        """Every optional type is taken for installed."""
        return True

    async def get(self, key: Key) -> Manifest | None:
        """One object by its name."""
        return next((m for m in self.objects if _is(m, key)), None)

    async def list_entries(self, key: Key) -> frozenset[str] | None:
        """Names of the entries of a ConfigMap."""
        found = await self.get(key)
        return None if found is None else list_entries(found)

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest]:
        """The objects with these labels; all are of one namespace."""
        return [
            manifest
            for manifest in self.objects
            if manifest["kind"] == resource.kind
            and labels.items() <= (manifest["metadata"].get("labels") or {}).items()
        ]


def show_plan(
    files: Sequence[str], name: str | None, target: Target, output: str, offline: bool
) -> ExitStatus:
    """Show the plan for a job: as it is in the cluster, or as for a new one."""
    snapshot = take_snapshot(files, name, target, offline)
    plan = asyncio.run(_decide(snapshot))
    if output == OutputFormat.TABLE:
        _print(snapshot.job, plan)
    else:
        write_data(_to_wire(plan), OutputFormat(output))
    return ExitStatus.OK


def take_snapshot(
    files: Sequence[str], name: str | None, target: Target, offline: bool
) -> Snapshot:
    """The job of the files, in the cluster as it is, or offline as a new one among the files."""
    documents = read_documents(files)
    document = pick_job(documents, name)
    job = read_job(document)
    if offline:
        return _expected_job(job, documents, target.namespace)
    return run_command(_look(job, document, target))


async def _decide(snapshot: Snapshot) -> Plan:
    now = utc_now()
    runs = build_runs(snapshot.job, Policy(DEFAULTS))
    observed = await observe(snapshot.job, runs, snapshot, now, Backends())
    return decide(snapshot.job, runs, observed, now)


def _expected_job(
    job: OptimizationJob, documents: Sequence[Document], namespace: str | None
) -> Snapshot:
    """A new job, with the ConfigMaps of the files in its namespace.

    Raises:
        CliError: one of them has no name, or holds what no cluster takes.
    """
    home = namespace or job.metadata.namespace
    metadata = job.metadata.model_copy(update={"namespace": home, "generation": 1})
    collect_sources(documents, home, {})
    maps = [_place(d, home) for d in documents if d.is_config_map]
    return Snapshot(job.model_copy(update={"metadata": metadata}), maps)


def _place(document: Document, namespace: str) -> Manifest:
    return {
        **document.manifest,
        "metadata": {"namespace": namespace, **document.manifest["metadata"]},
    }


async def _look(job: OptimizationJob, document: Document, target: Target) -> Snapshot:
    """The job as it would be after applying the file, in the cluster as it is."""
    async with open_session(target) as session:
        home = Session(session.cluster, document.namespace or session.namespace)
        live = await home.cluster.get(home.key(job.metadata.name))
        objects = [
            *await home.cluster.list_all(JOBS, home.namespace, _select(job)),
            *await home.cluster.list_all(PODS, home.namespace, _select(job)),
            *await home.cluster.list_all(CONFIG_MAPS, home.namespace),
        ]
        return Snapshot(_merge(job, live, home.namespace), objects)


def _select(job: OptimizationJob) -> str:
    return f"{LABEL_NAME}={job.metadata.name},{LABEL_KIND}={KIND}"


def _merge(job: OptimizationJob, live: Manifest | None, namespace: str) -> OptimizationJob:
    if live is None:
        metadata = job.metadata.model_copy(update={"namespace": namespace, "generation": 1})
        return job.model_copy(update={"metadata": metadata})
    current = OptimizationJob.model_validate(live)
    if current.spec == job.spec:
        return current
    generation = current.metadata.generation + 1
    metadata = current.metadata.model_copy(update={"generation": generation})
    return current.model_copy(update={"spec": job.spec, "metadata": metadata})


def _list_owners(manifest: Manifest) -> list[str]:
    return [o["uid"] for o in manifest["metadata"].get("ownerReferences") or ()]


def _is(manifest: Manifest, key: Key) -> bool:
    metadata = manifest["metadata"]
    here = metadata.get("namespace", key.namespace) == key.namespace
    return bool(manifest["kind"] == key.resource.kind and here and metadata["name"] == key.name)


def _print(job: OptimizationJob, plan: Plan) -> None:
    console = open_console()
    console.print(Text(f"{KIND} {job.metadata.namespace}/{job.metadata.name}", style="bold"))
    for line in _describe(plan):
        console.print(Text(line), soft_wrap=True)
    manifests = [apply.manifest for apply in plan.apply]
    if manifests:
        console.print()
        write_documents(manifests)


def _describe(plan: Plan) -> Iterable[str]:
    yield "rules that speak, in their order:"
    yield from (f"  {note.rule}: {note.reason}" for note in plan.notes)
    yield "what would be done:"
    actions = [
        *(f"patch {patch.key}: {patch.body}" for patch in plan.patch),
        *(f"apply {_name(apply.manifest)}" for apply in plan.apply),
        *(f"delete {deletion.key}" for deletion in plan.delete),
        *(call.describe() for call in plan.calls),
        *(f"status: {_summarise(plan.status)}" for _ in [plan.status] if plan.status),
        *(f"event {event.reason}: {event.message}" for event in plan.events),
    ]
    yield from (f"  {action}" for action in actions or ["nothing"])
    if plan.following:
        yield "what would follow, once that is written:"
        yield from (f"  {call.describe()}" for call in plan.following)
    if plan.requeue_after is not None:
        yield f"  look again after {plan.requeue_after.total_seconds():g} s"


def _name(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def _summarise(status: Manifest) -> str:
    true = [c for c in status.get("conditions", ()) if c["status"] == "True"]
    conditions = "; ".join(f"{c['type']} ({c['reason']}: {c['message']})" for c in true)
    return f"{status.get('state')}; {conditions}" if conditions else str(status.get("state"))


def _to_wire(plan: Plan) -> dict[str, Any]:
    return {
        "notes": [{"rule": note.rule, "reason": note.reason} for note in plan.notes],
        "patch": [{"object": str(patch.key), "body": patch.body} for patch in plan.patch],
        "apply": [apply.manifest for apply in plan.apply],
        "delete": [str(deletion.key) for deletion in plan.delete],
        "calls": _list_calls(plan.calls),
        "following": _list_calls(plan.following),
        "status": plan.status,
        "events": [{"reason": e.reason, "message": e.message} for e in plan.events],
        "requeueAfterSeconds": plan.requeue_after.total_seconds()
        if plan.requeue_after is not None
        else None,
    }


def _list_calls(calls: Iterable[Call]) -> list[dict[str, str]]:
    return [{"call": call.describe(), "reason": call.reason} for call in calls]
