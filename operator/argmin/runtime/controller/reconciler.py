"""One reconcile, the same for every kind: observe, decide, act, report the status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from argmin.api.base import MANAGER
from argmin.plan import (
    CONFIG_MAPS,
    JOBS,
    PODS,
    Apply,
    Blocked,
    Delete,
    Key,
    Kind,
    Manifest,
    Patch,
    Plan,
    Resource,
    Retry,
    TerminalError,
    record_uids,
)
from argmin.runtime.cache.store import Cache, trim
from argmin.runtime.cache.view import CachedView
from argmin.runtime.controller.children import Children
from argmin.runtime.controller.conditions import (
    INTERNAL_ERROR,
    INVALID_SPEC,
    REFUSED,
    drop_own_conditions,
    explain_defect,
    explain_invalid,
    minimal_status,
    set_retrying,
    set_stalled,
)
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TerminatingError,
    VanishedError,
)
from argmin.runtime.kube.events import record_event

_log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=0.2)
"""Requeue delay after a write to children: the operator's own writes enqueue no key."""

_MERGED_LIMIT = 1000

_USERS_METADATA = ("uid", "generation", "deletionTimestamp", "labels", "annotations")
"""Metadata that an edit of the object, or a new object of its name, changes, and a status not."""


@dataclass(frozen=True)
class _Result:
    """The result of a reconcile: the status to write, and when to requeue."""

    plan: Plan
    again: timedelta | None = None
    error: Exception | None = None
    """Raised after the status is written; retried with backoff or after the `Retry`'s time."""
    is_settled: bool = False
    """Whether the reconcile succeeded, so that the object is reconciled again only on a change."""


class Reconciler:
    """Reconciles the objects of one kind."""

    def __init__(
        self,
        kind: Kind[Any, Any, Any],
        cluster: Cluster,
        cache: Cache,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kind = kind
        self._cluster = cluster
        self._cache = cache
        self._clock = clock
        self._view = CachedView(cluster, cache)
        watched = frozenset((*kind.children, kind.resource))
        self._children = Children(cluster, cache, watched)
        self._merged: dict[str, tuple[str, Manifest]] = {}
        """Statuses that are in place though the object's differs, by uid, and its version then."""
        known = (JOBS, PODS, CONFIG_MAPS, *kind.children, kind.resource)
        self._resources = {(r.api_version, r.kind): r for r in known}

    async def reconcile(self, key: Key) -> timedelta | None:
        """Reconcile one object.

        Returns:
            When to reconcile again without a change; `None` for never.

        Raises:
            Retry: to be retried after the time that the kind gives.
            Exception: any other failure; to be retried with backoff.
        """
        manifest = await self._read(key)
        if manifest is None:
            return None
        result = await self._try(manifest)
        result = await self._conclude(manifest, result)
        if self._was_edited(key, manifest):
            if result.error is not None:
                _log.warning("failed on an object that was edited meanwhile", exc_info=result.error)
            return timedelta(0)
        if result.error is not None:
            raise result.error
        if result.is_settled:
            self._cache.mark_reconciled(key)
        return result.again

    async def _read(self, key: Key) -> Manifest | None:
        """The object from the cache, or from the API server if the cache lacks its spec."""
        if self._cache.is_whole(key):
            return self._cache.get(key)
        manifest = await self._cluster.get(key)
        if manifest is None:
            return None
        self._children.remember(key.resource, manifest)
        return trim(key.resource, manifest)  # as the cache gives it, which it is compared with

    async def _try(self, manifest: Manifest) -> _Result:
        """Observe, decide and act; returns errors as part of the result."""
        try:
            obj = self._parse(manifest)
            wanted = self._kind.want(obj)
            observed = await self._kind.observe(obj, wanted, self._view)
            plan = self._kind.decide(obj, wanted, observed, self._clock())
            has_written = await self._act(plan)
            plan = record_uids(plan, self._cache.get)
        except TerminalError as error:
            _log.info("stalled", reason=error.reason, message=error.message)
            return _Result(self._explain(manifest, error))
        except Blocked as blocked:
            return _Result(self._explain(manifest, blocked), blocked.after)
        except Retry as retry:
            return _Result(Plan(), error=retry)
        except (TerminatingError, VanishedError) as error:
            # A terminating namespace refuses new objects and deletes this one too.
            _log.debug("left alone: it is being deleted, or gone", error=error.message)
            return _Result(Plan())
        except Exception as error:  # noqa: BLE001 - raised again once the status reports it
            return _Result(self._explain(manifest, error), error=error)
        again = min(LOOK_AGAIN, plan.requeue_after or LOOK_AGAIN)
        return _Result(plan, again if has_written else plan.requeue_after, is_settled=True)

    def _parse(self, manifest: Manifest) -> Any:
        """Read the object.

        Raises:
            TerminalError: the spec is invalid. Only here is a `ValidationError` the user's to mend.
        """
        try:
            return self._kind.parse(drop_own_conditions(manifest))
        except ValidationError as error:
            raise TerminalError(INVALID_SPEC, explain_invalid(error)) from error

    async def _conclude(self, manifest: Manifest, result: _Result) -> _Result:
        """Write status and events; if that fails too, the first error is kept."""
        try:
            await self._report(manifest, result.plan)
        except Exception as error:  # noqa: BLE001 - raised again, or the error before it
            if result.error is None:
                return replace(result, error=error)
            _log.warning("status not written", error=str(error))
            result.error.__context__ = error
        return result

    def _explain(self, manifest: Manifest, error: Exception) -> Plan:
        """The status that reports an error; none for an error that is likely to be transient."""
        now = self._clock()
        match error:
            case Blocked(waiting=True):
                status = set_retrying(manifest, error.reason, error.message, now)
            case TerminalError() | Blocked():
                status = set_stalled(manifest, error.reason, error.message, now)
            case ForbiddenError() | InvalidError():
                status = set_stalled(manifest, REFUSED, error.message, now)
            case ApiError():
                return Plan()
            case _:
                status = set_retrying(manifest, INTERNAL_ERROR, explain_defect(error), now)
        return Plan(status=status)

    async def _act(self, plan: Plan) -> bool:
        """Do what the plan says; returns whether anything was written or called."""
        for patch in plan.patch:
            await self._patch(patch)
        has_applied = [await self._apply(apply) for apply in plan.apply]
        for delete in plan.delete:
            await self._delete(delete)
        for call in plan.calls:
            _log.info("calling", call=call.describe(), reason=call.reason)
            await self._kind.perform(call)
        return bool(plan.patch or plan.delete or plan.calls) or any(has_applied)

    async def _patch(self, patch: Patch) -> None:
        """Patch a child, or the object itself.

        Raises:
            VanishedError: the object itself is gone, and there is nothing left to do.
        """
        try:
            written = await self._cluster.patch(patch.key, patch.body)
        except NotFoundError as error:
            if patch.key.resource != self._kind.resource:
                raise
            raise VanishedError(error.message, error.status, error.reason) from error
        self._children.remember(patch.key.resource, written)

    async def _apply(self, apply: Apply) -> bool:
        """Apply a child unless it is as it was applied, or fields of the object itself.

        Returns:
            Whether that changed the object.
        """
        resource = self._resource_of(apply.manifest)
        if apply.manager == MANAGER:
            return await self._children.apply(resource, apply.manifest)
        metadata = apply.manifest["metadata"]
        known = self._cache.get(Key(resource, metadata.get("namespace", ""), metadata["name"]))
        written = await self._cluster.apply(resource, apply.manifest, apply.manager)
        self._children.remember(resource, written)
        version = written["metadata"]["resourceVersion"]
        return known is None or known["metadata"].get("resourceVersion") != version

    async def _delete(self, delete: Delete) -> None:
        try:
            left = await self._cluster.delete(delete.key, delete.uid)
        except ConflictError:
            _log.info("left a namesake alone", namesake=str(delete.key))
            return
        if left is None or left["kind"] == "Status":
            self._cache.forget(delete.key, delete.uid)
        else:  # it stays until its finalizers are removed or its grace period ends
            self._children.remember(delete.key.resource, left)

    async def _report(self, manifest: Manifest, plan: Plan) -> None:
        """Emit the events, and write the status if it differs.

        Events come first: after a crash between the two they are emitted again under the same
        names, whereas after the status they would be lost. If the API server refuses the status as
        invalid, the last accepted one reports that, and the write is retried with backoff.

        Raises:
            InvalidError: the API server refused the status.
        """
        if plan.status is None or plan.status == manifest.get("status"):
            return
        metadata = manifest["metadata"]
        if self._merged.get(metadata["uid"]) == (metadata.get("resourceVersion"), plan.status):
            return
        for event in plan.events:
            await record_event(self._cluster, manifest, event, self._clock())
        try:
            await self._write_status(manifest, plan.status)
        except InvalidError as error:
            said = minimal_status(manifest, error.message, self._clock())
            if said != manifest.get("status"):
                await self._write_status(manifest, said)
            raise

    async def _write_status(self, manifest: Manifest, status: Manifest) -> None:
        metadata = manifest["metadata"]
        identity = {n: metadata[n] for n in ("name", "namespace", "uid") if n in metadata}
        body = {
            "apiVersion": self._kind.resource.api_version,
            "kind": self._kind.resource.kind,
            "metadata": identity,
            "status": status,
        }
        try:
            written = await self._cluster.apply_status(self._kind.resource, body)
        except (NotFoundError, ConflictError):
            # The object was deleted meanwhile; a new one of its name has a watch event of its own.
            return
        self._merged.pop(metadata["uid"], None)
        if written.get("status") != status:  # others have written into it, and what is theirs stays
            if len(self._merged) >= _MERGED_LIMIT:
                self._merged.clear()
            self._merged[metadata["uid"]] = (written["metadata"]["resourceVersion"], status)
        self._children.remember(self._kind.resource, written)

    def _was_edited(self, key: Key, manifest: Manifest) -> bool:
        """Whether the object was edited during the reconcile.

        The response to the status write may have brought the edit into the cache, in which case
        the watch event no longer counts as a change.
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
