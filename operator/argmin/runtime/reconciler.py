"""One reconcile, the same for every kind: observe, decide, act, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from argmin.plan import (
    CONFIG_MAPS,
    JOBS,
    PODS,
    Blocked,
    Delete,
    Key,
    Kind,
    Manifest,
    Plan,
    Resource,
    Retry,
    TerminalError,
)
from argmin.runtime.cache import Cache
from argmin.runtime.cluster import Cluster
from argmin.runtime.conditions import (
    INTERNAL_ERROR,
    INVALID_SPEC,
    REFUSED,
    explain_invalid,
    forget_own,
    keep_trying,
    shrink,
    stall,
)
from argmin.runtime.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TerminatingError,
    VanishedError,
)
from argmin.runtime.events import record_event

_log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=0.2)
"""After a change of children, look at what came of it: our own writes wake nobody."""

_USERS_METADATA = ("generation", "deletionTimestamp", "labels", "annotations")
"""What changes where somebody else edits the object, and never by our writing its status."""


@dataclass(frozen=True)
class CachedView:
    """What a kind may look at: children from the cache, the rest from the API server."""

    cluster: Cluster
    cache: Cache

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        """The children of an owner, as the watches have seen them."""
        return self.cache.children(resource, owner_uid)

    async def get(self, key: Key) -> Manifest | None:
        """One object from the API server itself."""
        return await self.cluster.get(key)

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest]:
        """The objects with these labels from the API server itself."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        return await self.cluster.list_all(resource, namespace, selector)


class Reconciler:
    """Brings the objects of one kind to what their specs say."""

    def __init__(
        self,
        kind: Kind[Any, Any],
        cluster: Cluster,
        cache: Cache,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kind = kind
        self._cluster = cluster
        self._cache = cache
        self._clock = clock
        self._view = CachedView(cluster, cache)
        self._watched = frozenset((*kind.children, kind.resource))
        known = (JOBS, PODS, CONFIG_MAPS, *kind.children, kind.resource)
        self._resources = {(r.api_version, r.kind): r for r in known}

    async def reconcile(self, key: Key) -> timedelta | None:
        """Reconcile one object.

        Returns:
            When to look again though nothing happens; `None` for never.

        Raises:
            Retry: the kind knows when to try again.
            Exception: anything else that went wrong; try again with backoff.
        """
        manifest = self._cache.get(key)
        if manifest is None:
            return None
        plan = Plan(status=manifest.get("status"))
        try:
            obj = self._kind.parse(forget_own(manifest))
            observed = await self._kind.observe(obj, self._view)
            decided = self._kind.decide(obj, observed, self._clock())
            await self._act(decided)
            plan = decided
        except (ValidationError, TerminalError) as error:
            plan = self._explain(manifest, error)
        except Blocked as blocked:
            plan = self._explain(manifest, blocked)
            return blocked.after
        except Retry:
            raise
        except TerminatingError:
            # Whoever deletes a namespace means all that is in it, this object too.
            _log.debug("left alone: its namespace is being deleted")
            return None
        except VanishedError as error:
            _log.debug("left alone: it is not there any more", error=error.message)
            return None
        except Exception as error:
            plan = self._explain(manifest, error)
            raise
        finally:
            await self._report(manifest, plan)
        return timedelta(0) if self._was_edited(key, manifest) else _look_again(plan)

    def _explain(self, manifest: Manifest, error: Exception) -> Plan:
        """What the status says of an error; one that may pass by itself is not worth a write."""
        now = self._clock()
        match error:
            case ValidationError():
                status = stall(manifest, INVALID_SPEC, explain_invalid(error), now)
            case Blocked(waiting=True):
                status = keep_trying(manifest, error.reason, error.message, now)
            case TerminalError() | Blocked():
                status = stall(manifest, error.reason, error.message, now)
            case ForbiddenError() | InvalidError():
                status = stall(manifest, REFUSED, error.message, now)
            case ApiError():
                return Plan(status=manifest.get("status"))
            case _:
                said = "argmin failed on this object and tries again: see the operator's log"
                status = keep_trying(manifest, INTERNAL_ERROR, said, now)
        return Plan(status=status)

    async def _act(self, plan: Plan) -> None:
        for patch in plan.patch:
            self._remember(patch.key.resource, await self._cluster.patch(patch.key, patch.body))
        for apply in plan.apply:
            resource = self._resource_of(apply.manifest)
            self._remember(
                resource, await self._cluster.apply(resource, apply.manifest, apply.manager)
            )
        for delete in plan.delete:
            await self._delete(delete)
        for call in plan.calls:
            _log.info("calling", call=call.describe(), reason=call.reason)
            await self._kind.perform(call)

    async def _delete(self, delete: Delete) -> None:
        try:
            left = await self._cluster.delete(delete.key, delete.uid)
        except ConflictError:
            _log.info("left a namesake alone", namesake=str(delete.key))
            return
        if left is None or left["kind"] == "Status":
            self._cache.forget(delete.key, delete.uid)
        else:  # finalizers or a period of grace keep it for a while
            self._remember(delete.key.resource, left)

    async def _report(self, manifest: Manifest, plan: Plan) -> None:
        """Write the status where it differs.

        Events come first: a crash between the two repeats them under the same names, whereas
        after the status nobody would miss them. Of a status that is refused as it is, the last one
        that was taken tells; it is tried again as after any failure, ever more rarely.

        Raises:
            InvalidError: the status is refused.
        """
        if plan.status is None or plan.status == manifest.get("status"):
            return
        for event in plan.events:
            await record_event(self._cluster, manifest, event, self._clock())
        try:
            await self._write_status(manifest, plan.status)
        except InvalidError as error:
            said = shrink(manifest, error.message, self._clock())
            if said != manifest.get("status"):
                await self._write_status(manifest, said)
            raise

    async def _write_status(self, manifest: Manifest, status: Manifest) -> None:
        identity = {name: manifest["metadata"][name] for name in ("name", "namespace", "uid")}
        body = {
            "apiVersion": self._kind.resource.api_version,
            "kind": self._kind.resource.kind,
            "metadata": identity,
            "status": status,
        }
        try:
            written = await self._cluster.apply_status(self._kind.resource, body)
        except (NotFoundError, ConflictError):
            # The object went while we worked; its namesake, if any, is on its way to the queue.
            return
        self._remember(self._kind.resource, written)

    def _remember(self, resource: Resource, manifest: Manifest) -> None:
        """Our own write is news too: a watch that lags must not make us write twice."""
        if resource in self._watched:
            self._cache.put(resource, manifest)

    def _was_edited(self, key: Key, manifest: Manifest) -> bool:
        """Whether somebody edited the object meanwhile.

        The response to our status may have told of it; then the watch's event is no news any more.
        """
        latest = self._cache.get(key)
        return latest is not None and any(
            latest["metadata"].get(name) != manifest["metadata"].get(name)
            for name in _USERS_METADATA
        )

    def _resource_of(self, manifest: Manifest) -> Resource:
        identity = (manifest["apiVersion"], manifest["kind"])
        if identity not in self._resources:
            raise LookupError(f"{self._kind.resource.kind} applies {identity}: name it in children")
        return self._resources[identity]


def _look_again(plan: Plan) -> timedelta | None:
    if not (plan.patch or plan.apply or plan.delete or plan.calls):
        return plan.requeue_after
    return min(LOOK_AGAIN, plan.requeue_after or LOOK_AGAIN)
