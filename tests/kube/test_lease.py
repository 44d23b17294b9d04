"""Leader election on a real Lease: one leads, and another takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from argmin.plan import Key
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.lease import LEASES, Lease, LeaseLostError, LeaseTimes
from tests.kube.harness import eventually
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube

QUICK = LeaseTimes(duration=3.0, give_up=2.0, retry=0.2)
PATIENCE = 20.0

MakeLease = Callable[[str], Lease]


@pytest.fixture
def lease(user: Kubectl, cluster: Cluster) -> MakeLease:
    return lambda identity: Lease(
        cluster, Key(LEASES, user.namespace, "argmin-operator"), identity, QUICK
    )


def holder(user: Kubectl) -> str:
    return str(user.get("lease", "argmin-operator")["spec"]["holderIdentity"])


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def test_the_first_leads_and_the_second_waits(user: Kubectl, lease: MakeLease) -> None:
    first, second = lease("first"), lease("second")
    await first.acquire()
    keeping = asyncio.create_task(first.keep())
    waiting = asyncio.create_task(second.acquire())
    version = user.get("lease", "argmin-operator")["metadata"]["resourceVersion"]

    def is_renewed() -> bool:
        return bool(user.get("lease", "argmin-operator")["metadata"]["resourceVersion"] != version)

    await eventually(is_renewed, "a renewal")
    assert (first.is_held, second.is_held, waiting.done()) == (True, False, False)
    assert holder(user) == "first"
    await end(waiting)
    await end(keeping)


async def test_a_released_lease_is_taken_by_another(user: Kubectl, lease: MakeLease) -> None:
    first, second = lease("first"), lease("second")
    await first.acquire()
    await first.release()
    assert not first.is_held
    assert holder(user) == ""
    await asyncio.wait_for(second.acquire(), PATIENCE)
    assert holder(user) == "second"
    assert user.get("lease", "argmin-operator")["spec"]["leaseTransitions"] == 1


async def test_a_lease_that_is_not_renewed_is_taken_only_after_it_ran_out(
    user: Kubectl, lease: MakeLease
) -> None:
    first, second = lease("first"), lease("second")
    await first.acquire()
    await asyncio.wait_for(second.acquire(), PATIENCE)
    assert not first.is_held
    assert holder(user) == "second"


async def test_a_holder_that_comes_back_late_has_lost(user: Kubectl, lease: MakeLease) -> None:
    first, second = lease("first"), lease("second")
    await first.acquire()
    await asyncio.wait_for(second.acquire(), PATIENCE)
    keeping = asyncio.create_task(second.keep())
    with pytest.raises(LeaseLostError):
        await asyncio.wait_for(first.keep(), PATIENCE)
    await first.release()
    assert holder(user) == "second"
    await end(keeping)


async def test_a_holder_whose_lease_somebody_took_has_lost_at_once(
    user: Kubectl, lease: MakeLease
) -> None:
    first = lease("first")
    await first.acquire()
    user.run("patch", "lease", "argmin-operator", "--type=merge",
             '--patch={"spec": {"holderIdentity": "thief"}}')  # fmt: skip
    with pytest.raises(LeaseLostError, match="is held by thief"):
        await asyncio.wait_for(first.keep(), PATIENCE)


async def test_a_holder_that_reaches_no_api_server_has_lost(
    user: Kubectl, cluster: Cluster, lease: MakeLease
) -> None:
    first = lease("first")
    await first.acquire()
    cluster.connection.configuration.host = "https://127.0.0.1:1"
    with pytest.raises(LeaseLostError, match="could not be renewed in time"):
        await asyncio.wait_for(first.keep(), PATIENCE)


async def test_two_that_come_at_once_do_not_both_lead(user: Kubectl, lease: MakeLease) -> None:
    candidates = [lease(f"candidate-{number}") for number in range(8)]
    waiting = [asyncio.create_task(candidate.acquire()) for candidate in candidates]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    leaders = [candidate for candidate in candidates if candidate.is_held]
    assert len(leaders) == 1
    for task in waiting:
        await end(task)
