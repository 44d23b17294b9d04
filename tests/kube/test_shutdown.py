"""How the engine ends: what runs may finish, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from argmin.plan import Key, Manifest, View
from argmin.runtime.kube.client import Cluster
from tests.kube.greetings import GREETINGS, Greeting, GreetingKind, greeting
from tests.kube.harness import eventually, running
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube


@dataclass
class SlowKind(GreetingKind):
    """Looks at the objects called slow for as long as it is made to."""

    looking: list[str] = field(default_factory=list)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def observe(self, obj: Greeting, wanted: int, view: View) -> Sequence[Manifest]:
        self.looking.append(obj.metadata.name)
        if obj.metadata.name == "slow":
            await self.may_go_on.wait()
        return await super().observe(obj, wanted, view)


def has_status(user: Kubectl, name: str) -> bool:
    return "status" in user.get("greeting", name)


async def test_what_runs_finishes_and_nothing_more_is_begun(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("slow"))
    kind = SlowKind()
    async with running(kind, cluster, user.namespace) as engine:
        await eventually(lambda: kind.looking == ["slow"], "the reconcile has begun")
        draining = asyncio.create_task(engine.drain(60.0))
        await asyncio.sleep(0)
        engine.queue.add(Key(GREETINGS, user.namespace, "late"))
        user.apply(greeting("late"))
        kind.may_go_on.set()
        await draining
    assert has_status(user, "slow")
    assert not has_status(user, "late")
    assert kind.looking == ["slow"]


async def test_what_never_finishes_is_given_up(user: Kubectl, cluster: Cluster) -> None:
    user.apply(greeting("slow"))
    kind = SlowKind()
    async with running(kind, cluster, user.namespace) as engine:
        await eventually(lambda: kind.looking == ["slow"], "the reconcile has begun")
        await engine.drain(0.2)
        assert engine.queue.running_longer_than(0.0) == [Key(GREETINGS, user.namespace, "slow")]
    assert not has_status(user, "slow")


async def test_one_that_hangs_does_not_hold_up_the_others(user: Kubectl, cluster: Cluster) -> None:
    user.apply(greeting("slow"))
    kind = SlowKind()
    async with running(kind, cluster, user.namespace, workers=2) as engine:
        await eventually(lambda: kind.looking == ["slow"], "the reconcile has begun")
        user.apply(greeting("quick"), greeting("quicker"))
        await eventually(lambda: has_status(user, "quick"), "one")
        await eventually(lambda: has_status(user, "quicker"), "the other")
        user.apply(greeting("slow", message="once more"))
        kind.may_go_on.set()
        await eventually(
            lambda: user.get("greeting", "slow").get("status", {}).get("said") == "once more",
            "news that came while it ran",
        )
        assert engine.stuck == []
