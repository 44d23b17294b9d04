"""What the healing LIST wakes, and what it does about types that may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import pytest

from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.plan import CONFIG_MAPS, Key, Resource
from argmin.runtime.cache.resync import Resync
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import NotFoundError
from tests.kube.greetings import GREETINGS, GreetingKind, greeting
from tests.worlds.api_server import ApiServer
from tests.worlds.client import Client

HI = Key(GREETINGS, "team", "hi")
METADATA = {"name": "hi", "namespace": "team"}
JOB_SETS = Resource("jobset.x-k8s.io/v1alpha2", "JobSet", "jobsets", optional=True)


class Healing:
    """A resync of greetings, whose children are of some types."""

    def __init__(self, children: Sequence[Resource] = (CONFIG_MAPS,)) -> None:
        self.server = ApiServer(lambda: datetime(2026, 1, 2, tzinfo=UTC))
        self.cache = Cache()
        self.woken: list[Key] = []
        self.served: dict[Resource, bool] = {}
        kind = GreetingKind(children=tuple(children))
        self._resync = Resync(
            cast(Cluster, Client(self.server)),
            self.cache,
            Scope.of((kind,)),
            self.woken.append,
            600.0,
            self.served.__setitem__,
        )
        self.server.create(GREETINGS, {**greeting("hi"), "metadata": METADATA})

    def add(self, resource: Resource) -> None:
        """A child of the greeting that no watch has reported."""
        uid = (self.server.find(HI) or {})["metadata"]["uid"]
        labels = {LABEL_NAME: "hi", LABEL_KIND: GREETINGS.kind}
        owned = {"labels": labels, "ownerReferences": [{"uid": uid}]}
        self.server.create(resource, {"metadata": {**METADATA, "name": "hi-0", **owned}})

    async def heal(self) -> set[Key]:
        """The keys that one LIST of everything wakes."""
        self.woken.clear()
        await self._resync.heal()
        return set(self.woken)


async def test_the_first_list_wakes_everything() -> None:
    assert await Healing().heal() == {HI}


async def test_what_has_been_reconciled_as_it_is_sleeps_on() -> None:
    healing = Healing()
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    assert await healing.heal() == set()


async def test_what_has_not_been_reconciled_yet_is_woken_again() -> None:
    healing = Healing()
    await healing.heal()
    assert await healing.heal() == {HI}


async def test_an_object_that_changed_unseen_is_woken() -> None:
    healing = Healing()
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.server.patch(HI, {"spec": {"message": "good morning"}})
    assert await healing.heal() == {HI}


async def test_a_child_that_changed_unseen_wakes_its_owner() -> None:
    healing = Healing()
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.add(CONFIG_MAPS)
    assert await healing.heal() == {HI}
    healing.cache.mark_reconciled(HI)
    assert await healing.heal() == set()


async def test_a_child_that_went_unseen_wakes_its_owner() -> None:
    healing = Healing()
    healing.add(CONFIG_MAPS)
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.server.delete(Key(CONFIG_MAPS, "team", "hi-0"))
    assert await healing.heal() == {HI}


async def test_a_type_that_must_be_there_is_missed() -> None:
    healing = Healing()
    healing.server.missing = {CONFIG_MAPS}
    with pytest.raises(NotFoundError, match="ConfigMap"):
        await healing.heal()


async def test_a_type_that_may_be_missing_keeps_nothing_else_from_being_listed() -> None:
    healing = Healing((JOB_SETS, CONFIG_MAPS))
    healing.server.missing = {JOB_SETS}
    assert await healing.heal() == {HI}
    assert healing.served == {JOB_SETS: False}


async def test_a_type_that_appears_is_told_of_and_wakes_the_owners_of_its_objects() -> None:
    healing = Healing((JOB_SETS, CONFIG_MAPS))
    healing.server.missing = {JOB_SETS}
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.server.missing = set()
    healing.add(JOB_SETS)
    assert await healing.heal() == {HI}
    assert healing.served == {JOB_SETS: True}


async def test_a_type_that_goes_takes_its_objects_along_and_wakes_their_owners() -> None:
    healing = Healing((JOB_SETS, CONFIG_MAPS))
    healing.add(JOB_SETS)
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.server.missing = {JOB_SETS}
    assert await healing.heal() == {HI}
    assert healing.cache.keys(JOB_SETS) == []
    assert healing.served == {JOB_SETS: False}
