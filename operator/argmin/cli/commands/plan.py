"""`argmin plan`: what a reconcile would do with an object, and why; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.text import Text

from argmin import __version__
from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.documents import (
    Document,
    check_object,
    collect_sources,
    pick_document,
    read_documents,
)
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    utc_now,
    write_data,
    write_documents,
)
from argmin.kinds import KINDS, Environment, Registration
from argmin.plan import (
    CONFIG_MAPS,
    Call,
    Key,
    Kind,
    Manifest,
    Plan,
    Resource,
    TerminalError,
    list_entries,
)
from argmin.runtime.kube.errors import NotFoundError

_DEFAULT_NAMESPACE = "default"
DEFAULTS = Defaults(
    image=f"argmin/solvers:{__version__}",
    intake_url="http://argmin-intake.argmin-system.svc:8080",
)
"""As the chart installs them; those of a cluster's own operator may differ."""


@dataclass(frozen=True)
class Snapshot:
    """An object with what surrounds it, as a kind's `View`."""

    view: KindView
    manifest: Manifest
    objects: Sequence[Manifest] = ()
    """Its children, and ConfigMaps."""
    missing: frozenset[Resource] = frozenset()
    """Optional types that are not installed; offline none is missing."""

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        """The children of an owner."""
        return [
            manifest
            for manifest in self.objects
            if manifest["kind"] == resource.kind and owner_uid in _list_owners(manifest)
        ]

    def is_served(self, resource: Resource) -> bool:
        """Whether an optional type is installed."""
        return resource not in self.missing

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
    files: Sequence[str],
    name: ObjectName | None,
    target: Target,
    output: str,
    offline: bool,
    views: Sequence[KindView] = VIEWS,
    registry: Sequence[Registration] = KINDS,
) -> ExitStatus:
    """Show the plan for an object: as it is in the cluster, or as for a new one."""
    snapshot = take_snapshot(files, name, target, offline, views, registry)
    plan = asyncio.run(_decide(snapshot, registry))
    if output == OutputFormat.TABLE:
        _print(snapshot, plan)
    else:
        write_data(_to_wire(plan), OutputFormat(output))
    return ExitStatus.OK


def take_snapshot(
    files: Sequence[str],
    name: ObjectName | None,
    target: Target,
    offline: bool,
    views: Sequence[KindView] = VIEWS,
    registry: Sequence[Registration] = KINDS,
) -> Snapshot:
    """The object of the files, in the cluster as it is, or offline as a new one among the files."""
    documents = read_documents(files)
    document, view = pick_document(documents, name, views)
    check_object(document, view)
    if offline:
        return _expect_new(document, view, documents, target.namespace)
    kind = _build_kind(view, registry, utc_now())
    return run_command(_look(kind, view, document, target))


def _build_kind(
    view: KindView, registry: Iterable[Registration], now: datetime
) -> Kind[Any, Any, Any]:
    registration = next(kind for kind in registry if kind.info == view.info)
    return registration.build(
        Environment(lambda _: Policy(DEFAULTS), Backends(), clock=lambda: now)
    )


async def _decide(snapshot: Snapshot, registry: Iterable[Registration]) -> Plan:
    now = utc_now()
    kind = _build_kind(snapshot.view, registry, now)
    obj = _parse(kind, snapshot.manifest)
    wanted = kind.want(obj)
    return kind.decide(obj, wanted, await kind.observe(obj, wanted, snapshot), now)


def _parse(kind: Kind[Any, Any, Any], manifest: Manifest) -> Any:
    try:
        return kind.parse(manifest)
    except TerminalError as error:
        raise CliError(f"{manifest['metadata']['name']}: {error.message}") from None


def _expect_new(
    document: Document, view: KindView, documents: Sequence[Document], namespace: str | None
) -> Snapshot:
    """A new object, with the ConfigMaps of the files in its namespace.

    Raises:
        CliError: one of them has no name, or holds what no cluster takes.
    """
    home = namespace or document.namespace or _DEFAULT_NAMESPACE
    collect_sources(documents, home, {})
    maps = [_place(d.manifest, home) for d in documents if d.is_config_map]
    return Snapshot(view, _place_new(document, view, home), maps)


def _place(manifest: Manifest, namespace: str) -> Manifest:
    return {**manifest, "metadata": {"namespace": namespace, **manifest["metadata"]}}


def _place_new(document: Document, view: KindView, namespace: str) -> Manifest:
    home = {"namespace": namespace} if view.info.namespaced else {}
    metadata = {**document.manifest["metadata"], **home, "generation": 1}
    return {**document.manifest, "metadata": metadata}


async def _look(
    kind: Kind[Any, Any, Any], view: KindView, document: Document, target: Target
) -> Snapshot:
    """The object as it would be after applying the file, in the cluster as it is."""
    async with open_session(target) as session:
        namespace = document.namespace or session.namespace
        live = await session.cluster.get(view.resource.key(namespace, document.name))
        manifest = _merge(kind, document, view, live, namespace)
        place = namespace if view.info.namespaced else None
        select = f"{LABEL_NAME}={document.name},{LABEL_KIND}={view.info.name}"
        objects = await session.cluster.list_all(CONFIG_MAPS, place)
        missing = set()
        for child in kind.children:
            if child == CONFIG_MAPS:
                continue
            try:
                objects += await session.cluster.list_all(child, place, select)
            except NotFoundError:
                if not child.optional:
                    raise
                missing.add(child)
        return Snapshot(view, manifest, objects, frozenset(missing))


def _merge(
    kind: Kind[Any, Any, Any],
    document: Document,
    view: KindView,
    live: Manifest | None,
    namespace: str,
) -> Manifest:
    """The object with the spec of the file; an edited spec is a new generation."""
    if live is None:
        return _place_new(document, view, namespace)
    edited = {**live, "spec": document.manifest["spec"]}
    if _parse(kind, edited).spec == _parse(kind, live).spec:
        return live
    generation = live["metadata"].get("generation", 0) + 1
    return {**edited, "metadata": {**live["metadata"], "generation": generation}}


def _list_owners(manifest: Manifest) -> list[str]:
    return [o["uid"] for o in manifest["metadata"].get("ownerReferences") or ()]


def _is(manifest: Manifest, key: Key) -> bool:
    metadata = manifest["metadata"]
    here = metadata.get("namespace", key.namespace) == key.namespace
    return bool(manifest["kind"] == key.resource.kind and here and metadata["name"] == key.name)


def print_heading(snapshot: Snapshot) -> None:
    """Print the kind and the name of an object."""
    open_console().print(Text(_name(snapshot.manifest), style="bold"))


def _print(snapshot: Snapshot, plan: Plan) -> None:
    console = open_console()
    print_heading(snapshot)
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
    place = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    return f"{manifest['kind']} {place}"


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
