"""One reconcile, the same for every kind: observe, decide, act, report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from argmin.api.common import MANAGER, format_time
from argmin.plan import Event, Key, Kind, Manifest, Plan, Resource, Retry, TerminalError
from argmin.runtime.cache import Cache
from argmin.runtime.cluster import Cluster
from argmin.runtime.conditions import INVALID_SPEC, explain_invalid, stall
from argmin.runtime.errors import ApiError, ConflictError, NotFoundError

_log = structlog.get_logger(__name__)

EVENTS = Resource("v1", "Event", "events")
REFUSED = "ApplyRefused"


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
        self._resources = {r.kind: r for r in (*kind.children, kind.resource)}

    async def reconcile(self, key: Key) -> timedelta | None:
        """Reconcile one object.

        Returns:
            When to look again though nothing happens; `None` for never.

        Raises:
            Retry: the kind knows when to try again.
            ApiError: the API server did not do as told; try again with backoff.
        """
        manifest = self._cache.get(key)
        if manifest is None:
            return None
        plan = Plan(status=manifest.get("status"))
        try:
            obj = self._kind.parse(manifest)
            observed = await self._kind.observe(obj, self._view)
            plan = self._kind.decide(obj, observed, self._clock())
            await self._act(plan)
        except ValidationError as error:
            plan = self._stalled(manifest, INVALID_SPEC, explain_invalid(error))
        except TerminalError as error:
            plan = self._stalled(manifest, error.reason, error.message)
        except ApiError as error:
            plan = Plan(status=manifest.get("status"))
            if not error.transient:
                plan = self._stalled(manifest, REFUSED, error.message)
            raise
        finally:
            await self._report(manifest, plan)
        return plan.requeue_after

    def _stalled(self, manifest: Manifest, reason: str, message: str) -> Plan:
        return Plan(status=stall(manifest, reason, message, self._clock()))

    async def _act(self, plan: Plan) -> None:
        for patch in plan.patch:
            self._remember(patch.key.resource, await self._cluster.patch(patch.key, patch.body))
        for apply in plan.apply:
            resource = self._resource_of(apply.manifest)
            self._remember(resource, await self._cluster.apply(resource, apply.manifest))
        for delete in plan.delete:
            try:
                await self._cluster.delete(delete.key, delete.uid)
            except ConflictError:
                _log.info("left a namesake alone", object=str(delete.key))

    async def _report(self, manifest: Manifest, plan: Plan) -> None:
        if plan.status is None or plan.status == manifest.get("status"):
            return
        metadata = manifest["metadata"]
        body = {
            "apiVersion": self._kind.resource.api_version,
            "kind": self._kind.resource.kind,
            "metadata": {
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "status": plan.status,
        }
        try:
            written = await self._cluster.apply_status(self._kind.resource, body)
        except (NotFoundError, ConflictError):
            # The object went while we worked; its namesake, if any, is on its way to the queue.
            return
        self._remember(self._kind.resource, written)
        for event in plan.events:
            await self._record(manifest, event)

    async def _record(self, manifest: Manifest, event: Event) -> None:
        try:
            await self._cluster.create(EVENTS, self._build_event(manifest, event))
        except ConflictError:
            _log.debug("event is there already", reason=event.reason)
        except ApiError as error:
            # An event is news for people: what it tells is in the status too.
            _log.warning("event not recorded", reason=event.reason, error=str(error))

    def _build_event(self, manifest: Manifest, event: Event) -> Manifest:
        metadata = manifest["metadata"]
        seed = f"{metadata['uid']}/{metadata.get('generation')}/{event.reason}/{event.message}"
        digest = hashlib.sha256(seed.encode()).hexdigest()[:16]
        now = format_time(self._clock())
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{metadata['name']}.{digest}",
                "namespace": metadata["namespace"],
            },
            "involvedObject": {
                "apiVersion": self._kind.resource.api_version,
                "kind": self._kind.resource.kind,
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "reason": event.reason,
            "message": event.message[:1024],
            "type": "Warning" if event.warning else "Normal",
            "source": {"component": MANAGER},
            "reportingComponent": MANAGER,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }

    def _remember(self, resource: Resource, manifest: Manifest) -> None:
        """Our own write is news too: a watch that lags must not make us write twice."""
        if resource in self._resources.values():
            self._cache.put(resource, manifest)

    def _resource_of(self, manifest: Manifest) -> Resource:
        kind = manifest["kind"]
        return self._resources.get(kind) or Resource(
            manifest["apiVersion"], kind, f"{kind.lower()}s"
        )


__all__ = ["REFUSED", "CachedView", "Reconciler", "Retry"]
