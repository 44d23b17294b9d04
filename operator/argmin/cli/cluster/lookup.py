"""Objects of argmin's kinds in a cluster: by their names, or all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argmin.cli.cluster.session import Session
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import list_names
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.object_names import ObjectName
from argmin.plan import Key, Manifest
from argmin.runtime.kube.errors import ForbiddenError, NotFoundError


@dataclass(frozen=True)
class Found:
    """An object and its kind."""

    view: KindView
    key: Key
    manifest: Manifest


@dataclass(frozen=True)
class Listing:
    """All objects of a kind."""

    view: KindView
    manifests: Sequence[Manifest]


async def find_object(session: Session, wanted: ObjectName, views: Sequence[KindView]) -> Found:
    """The object of that name, of the only one of these kinds that has it.

    Raises:
        CliError: none has it, or more than one; or the cluster has none of the kinds.
        ForbiddenError: none that may be read has it, and some may not be read.
    """
    found, refusals = [], []
    for view in views:
        key = view.resource.key(session.namespace, wanted.name)
        try:
            manifest = await session.cluster.get(key)
        except ForbiddenError as error:
            refusals.append(error)
            continue
        if manifest is not None:
            found.append(Found(view, key, manifest))
    if len(found) > 1:
        names = ", ".join(f"{each.view.info.short_name}/{wanted.name}" for each in found)
        raise CliError(f"{wanted} is the name of {len(found)} objects: choose one of {names}")
    if found:
        return found[0]
    if refusals:
        raise refusals[0]
    await refuse_unknown_kinds(session, views)
    place, advice = "", "see `argmin get`"
    if any(view.info.namespaced for view in views):
        place = f" in namespace {session.namespace}"
        advice = "see `argmin get -A`, or name another namespace with -n"
    raise CliError(f"no {list_names(views)} {wanted.name}{place}: {advice}", ExitStatus.NOT_FOUND)


async def refuse_unknown_kinds(session: Session, views: Sequence[KindView]) -> None:
    """Raise `CliError` where the cluster has none of these kinds.

    A missing object and a missing type are both a plain 404 to a GET; to a LIST they differ.
    """
    for view in views:
        namespace = session.namespace if view.info.namespaced else None
        try:
            async for _ in session.cluster.list_pages(view.resource, namespace, page_size=1):
                return
        except NotFoundError:
            continue
    if views:
        raise explain_missing_kind(views[0])


def explain_missing_kind(view: KindView) -> CliError:
    """The error for a cluster without a kind."""
    return CliError(
        f"this cluster does not know {view.info.full_name}: install argmin there,"
        " helm install argmin charts/argmin",
        ExitStatus.NOT_FOUND,
    )


async def list_objects(
    session: Session, views: Sequence[KindView], *, all_namespaces: bool
) -> tuple[list[Listing], list[ForbiddenError]]:
    """The objects of each kind that the cluster has and lets the user read, and the refusals.

    Raises:
        CliError: the cluster has none of the kinds.
        ForbiddenError: none of them may be read.
    """
    listings, refusals = [], []
    for view in views:
        namespace = session.namespace if view.info.namespaced and not all_namespaces else None
        try:
            listings.append(Listing(view, await session.cluster.list_all(view.resource, namespace)))
        except ForbiddenError as error:
            refusals.append(error)
        except NotFoundError:
            continue
    if not listings and refusals:
        raise refusals[0]
    if not listings:
        raise explain_missing_kind(views[0])
    return listings, refusals
