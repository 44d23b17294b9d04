"""What becomes of a leader whose API server is slow, silent or wrong, in virtual time.

How a lease changes hands is tested on a real API server; one that falls silent at a given second
has to be played.
"""

from __future__ import annotations

import asyncio
import json
from typing import cast

import pytest

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, ConflictError, ForbiddenError, UnavailableError
from argmin.runtime.kube.lease import LEASES, Lease, LeaseLostError, LeaseTimes
from tests.worlds.virtual_time import now, run

KEY = Key(LEASES, "argmin-system", "argmin-operator")
TIMES = LeaseTimes(duration=15.0, give_up=10.0, retry=2.0)


class LeaseServer:
    """One Lease with resource versions, on a server that can be slow, silent or refuse."""

    def __init__(self) -> None:
        self.lease: Manifest | None = None
        self.latency = 0.0
        self.refusal: ApiError | None = None
        self._version = 0

    async def get(self, _: Key) -> Manifest | None:
        await self._answer()
        return None if self.lease is None else json.loads(json.dumps(self.lease))

    async def create(self, _: Resource, manifest: Manifest) -> Manifest:
        await self._answer()
        if self.lease is not None:
            raise ConflictError("there is one already")
        return self._store(manifest)

    async def replace(self, _: Resource, manifest: Manifest) -> Manifest:
        await self._answer()
        if self.lease is None or manifest["metadata"] != self.lease["metadata"]:
            raise ConflictError("somebody else has written")
        return self._store(manifest)

    async def _answer(self) -> None:
        await asyncio.sleep(self.latency)
        if self.refusal:
            raise self.refusal

    def _store(self, manifest: Manifest) -> Manifest:
        self._version += 1
        metadata = {"name": KEY.name, "resourceVersion": str(self._version)}
        self.lease = {"metadata": metadata, "spec": manifest["spec"]}
        return self.lease


def candidate(server: LeaseServer, identity: str = "first") -> Lease:
    return Lease(cast(Cluster, server), KEY, identity, TIMES)


def break_down(server: LeaseServer, after: float, refusal: ApiError) -> None:
    asyncio.get_running_loop().call_later(after, setattr, server, "refusal", refusal)


def test_a_leader_whose_server_falls_silent_stops_before_another_may_lead() -> None:
    async def scene() -> None:
        server = LeaseServer()
        first, second = candidate(server), candidate(server, "second")
        await first.acquire()
        waiting = asyncio.create_task(second.acquire())
        asyncio.get_running_loop().call_later(60.0, setattr, server, "latency", 1000.0)
        with pytest.raises(LeaseLostError, match="could not be renewed in time"):
            await first.keep()
        stopped = now()
        server.latency = 0.0
        await waiting
        assert 60.0 + TIMES.give_up - 2 * TIMES.retry <= stopped <= 60.0 + TIMES.give_up
        assert now() - stopped >= TIMES.duration - TIMES.give_up - TIMES.retry

    run(scene())


def test_a_short_outage_costs_nobody_the_lease() -> None:
    async def scene() -> None:
        server = LeaseServer()
        first = candidate(server)
        await first.acquire()
        break_down(server, 10.0, UnavailableError("the server restarts", 503))
        asyncio.get_running_loop().call_later(16.0, setattr, server, "refusal", None)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(first.keep(), 100.0)
        assert first.is_held
        assert first.is_known

    run(scene())


def test_a_leader_that_loses_its_rights_for_a_moment_goes_on() -> None:
    async def scene() -> None:
        server = LeaseServer()
        first = candidate(server)
        await first.acquire()
        break_down(server, 10.0, ForbiddenError("roles are being replaced", 403))
        asyncio.get_running_loop().call_later(15.0, setattr, server, "refusal", None)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(first.keep(), 100.0)
        assert first.is_held

    run(scene())


def test_a_candidate_without_rights_is_told_so_instead_of_waiting_for_ever() -> None:
    async def scene() -> None:
        server = LeaseServer()
        server.refusal = ForbiddenError("cannot get Lease: forbidden", 403)
        with pytest.raises(ForbiddenError, match="cannot get Lease"):
            await candidate(server).acquire()

    run(scene())


def test_a_candidate_waits_for_a_server_that_is_away_and_is_not_ready_meanwhile() -> None:
    async def scene() -> None:
        server = LeaseServer()
        server.refusal = UnavailableError("connection refused")
        first = candidate(server)
        waiting = asyncio.create_task(first.acquire())
        await asyncio.sleep(300.0)
        assert not waiting.done()
        assert not first.is_known
        server.refusal = None
        await waiting
        assert first.is_known

    run(scene())


def test_renewing_on_a_slow_server_counts_from_the_question_rather_than_the_answer() -> None:
    async def scene() -> None:
        server = LeaseServer()
        server.latency = 2.0
        first = candidate(server)
        await first.acquire()
        assert now() == 4.0
        await asyncio.sleep(TIMES.duration - 4.0 - 0.1)
        assert first.is_held
        await asyncio.sleep(0.2)
        assert not first.is_held

    run(scene())


def test_a_standby_counts_by_its_own_clock_however_wrong_the_holders_is() -> None:
    async def scene() -> None:
        server = LeaseServer()
        first, second = candidate(server), candidate(server, "second")
        await first.acquire()
        assert server.lease is not None
        server.lease["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"
        await second.acquire()
        assert now() >= TIMES.duration

    run(scene())


def test_a_release_that_fails_lets_the_lease_run_out() -> None:
    async def scene() -> None:
        server = LeaseServer()
        first, second = candidate(server), candidate(server, "second")
        await first.acquire()
        server.latency = 1000.0
        await first.release()
        assert not first.is_held
        assert now() <= TIMES.give_up
        server.latency = 0.0
        await second.acquire()
        assert server.lease is not None
        assert server.lease["spec"]["holderIdentity"] == "second"
        assert server.lease["spec"]["leaseTransitions"] == 1

    run(scene())


def test_the_times_of_a_longer_lease_keep_their_proportions() -> None:
    assert LeaseTimes.of(15.0) == LeaseTimes()
    assert LeaseTimes.of(60.0) == LeaseTimes(duration=60.0, give_up=40.0, retry=8.0)
