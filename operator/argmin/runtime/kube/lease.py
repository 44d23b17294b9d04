"""Leader election by a Lease: one process leads, the others are on standby.

A candidate never compares its clock with another's: a lease has run out when it has not changed
for its duration by our own clock, as client-go does it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, ConflictError

_log = structlog.get_logger(__name__)

LEASES = Resource("coordination.k8s.io/v1", "Lease", "leases")
_JITTER = 0.2


class LeaseLostError(Exception):
    """Another process may lead by now: this one must stop at once."""


@dataclass(frozen=True)
class LeaseTimes:
    """Seconds. A holder that could not renew for `give_up` stops before `duration` has passed."""

    duration: float = 15.0
    give_up: float = 10.0
    retry: float = 2.0

    @classmethod
    def of(cls, duration: float) -> LeaseTimes:
        """The times of a lease of `duration` seconds, in the usual proportions."""
        return cls(duration=duration, give_up=duration * 2 / 3, retry=duration * 2 / 15)


@dataclass
class _Seen:
    version: str = ""
    at: float = float("-inf")
    other: str | None = None
    """The last observed state of the lease while another process holds it."""


class Lease:
    """The lease, and whether this process holds it."""

    def __init__(
        self, cluster: Cluster, key: Key, identity: str, times: LeaseTimes | None = None
    ) -> None:
        self._cluster = cluster
        self._key = key
        self._identity = identity
        self._times = times or LeaseTimes()
        self._seen = _Seen()
        self._renewed_at = float("-inf")
        self._answered_at = float("-inf")

    @property
    def is_known(self) -> bool:
        """Whether the lease was read recently; if not, the API server may be unreachable."""
        return _now() - self._answered_at < self._times.duration

    @property
    def is_held(self) -> bool:
        """Whether this process leads, by its own clock."""
        return _now() - self._renewed_at < self._times.duration

    async def acquire(self) -> None:
        """Wait until this process leads.

        Raises:
            ApiError: access to the lease is forbidden, or it has no namespace.
        """
        while not await self._try(is_new=True):
            await asyncio.sleep(self._pause())
        _log.info("leading", lease=str(self._key), identity=self._identity)

    async def keep(self) -> None:
        """Renew until cancelled.

        Raises:
            LeaseLostError: another process holds it, or it could not be renewed in time.
        """
        while True:
            deadline = self._renewed_at + self._times.give_up
            await asyncio.sleep(min(self._pause(), max(0.0, deadline - _now())))
            if await self._try(until=deadline):
                continue
            if self._seen.other:
                raise LeaseLostError(f"{self._key} is held by {self._seen.other}")
            if _now() >= deadline:
                raise LeaseLostError(f"{self._key} could not be renewed in time")

    async def release(self) -> None:
        """Release the lease, so that another process can lead at once."""
        if not self.is_held:
            return
        self._renewed_at = float("-inf")
        try:
            async with asyncio.timeout(self._times.give_up / 2):
                await self._clear_holder()
        except (ApiError, TimeoutError) as error:
            _log.warning("lease not released, it will run out", error=str(error))

    async def _clear_holder(self) -> None:
        lease = await self._cluster.get(self._key)
        if lease and lease["spec"].get("holderIdentity") == self._identity:
            spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
            await self._cluster.replace(LEASES, {**lease, "spec": spec})

    def _pause(self) -> float:
        return self._times.retry * (1.0 + _JITTER * random.random())

    async def _try(self, until: float = float("inf"), is_new: bool = False) -> bool:
        asked_at = _now()
        limit = min(asked_at + self._times.give_up / 2, until)
        try:
            async with asyncio.timeout_at(limit):
                held = await self._take()
        except (ApiError, TimeoutError) as error:
            if is_new and isinstance(error, ApiError) and not error.transient:
                raise
            _log.warning("lease not reached", error=str(error) or "no answer in time")
            return False
        self._answered_at = asked_at
        if held:
            self._renewed_at = asked_at
        return held

    async def _take(self) -> bool:
        lease = await self._cluster.get(self._key)
        try:
            if lease is None:
                await self._cluster.create(LEASES, self._describe({}))
                return True
            if not self._may_take(lease):
                return False
            await self._cluster.replace(LEASES, self._describe(lease))
        except ConflictError:  # another process was faster
            return False
        return True

    def _may_take(self, lease: Manifest) -> bool:
        holder = lease["spec"].get("holderIdentity")
        version = lease["metadata"]["resourceVersion"]
        if version != self._seen.version:
            self._seen = _Seen(version, _now())
        duration = lease["spec"].get("leaseDurationSeconds") or self._times.duration
        is_free = holder in ("", None, self._identity) or _now() - self._seen.at > duration
        self._seen.other = None if is_free else holder
        return is_free

    def _describe(self, lease: Manifest) -> Manifest:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = lease.get("spec") or {}
        is_new = before.get("holderIdentity") != self._identity
        metadata = lease.get("metadata") or {
            "name": self._key.name,
            "namespace": self._key.namespace,
        }
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": metadata,
            "spec": {
                **before,
                "holderIdentity": self._identity,
                "leaseDurationSeconds": int(self._times.duration),
                "renewTime": now,
                "acquireTime": now if is_new else before.get("acquireTime", now),
                "leaseTransitions": before.get("leaseTransitions", 0)
                + int(is_new and bool(before)),
            },
        }


def _now() -> float:
    return asyncio.get_running_loop().time()
