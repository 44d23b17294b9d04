"""What the healing LIST wakes, and what it does about types that may be missing."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.plan import CONFIG_MAPS, Key, Manifest, Resource
from argmin.runtime.cache.resync import Resync
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.kube.client import Cluster, Page
from argmin.runtime.kube.errors import NotFoundError
from tests.kube.greetings import GREETINGS, GreetingKind, greeting

HI = Key(GREETINGS, "team", "hi")
JOB_SETS = Resource("jobset.x-k8s.io/v1alpha2", "JobSet", "jobsets", optional=True)


class Server:
    """An API server that lists what it has, at a version that grows with every change."""

    def __init__(self) -> None:
        self.version = 10
        self.objects: dict[Key, Manifest] = {}
        self.missing: set[Resource] = set()

    def put(self, resource: Resource, manifest: Manifest, name: str) -> None:
        self.version += 1
        metadata = manifest["metadata"] | {
            "name": name,
            "namespace": "team",
            "uid": f"of-{name}",
            "resourceVersion": str(self.version),
        }
        self.objects[Key(resource, "team", name)] = {**manifest, "metadata": metadata}

    async def list_pages(
        self, resource: Resource, _namespace: str | None, _selector: str
    ) -> AsyncIterator[Page]:
        if resource in self.missing:
            raise NotFoundError(f"cannot list {resource.kind}: 404 page not found", 404)
        found = [copy.deepcopy(o) for key, o in self.objects.items() if key.resource == resource]
        yield Page(found, str(self.version))


class Healing:
    """A resync of greetings, whose children are of some types."""

    def __init__(self, children: Sequence[Resource] = (CONFIG_MAPS,)) -> None:
        self.server = Server()
        self.cache = Cache()
        self.woken: list[Key] = []
        self.served: dict[Resource, bool] = {}
        kind = GreetingKind(children=tuple(children))
        self._resync = Resync(
            cast(Cluster, self.server),
            self.cache,
            Scope.of((kind,)),
            self.woken.append,
            600.0,
            self.served.__setitem__,
        )
        self.server.put(GREETINGS, greeting("hi"), "hi")

    async def heal(self) -> set[Key]:
        """The keys that one LIST of everything wakes."""
        self.woken.clear()
        await self._resync.heal()
        return set(self.woken)


def child(name: str = "hi") -> Manifest:
    labels = {LABEL_NAME: name, LABEL_KIND: GREETINGS.kind}
    return {"metadata": {"labels": labels, "ownerReferences": [{"uid": f"of-{name}"}]}}


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
    healing.server.put(GREETINGS, greeting("hi", message="good morning"), "hi")
    assert await healing.heal() == {HI}


async def test_a_child_that_changed_unseen_wakes_its_owner() -> None:
    healing = Healing()
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.server.put(CONFIG_MAPS, child(), "hi-0")
    assert await healing.heal() == {HI}
    healing.cache.mark_reconciled(HI)
    assert await healing.heal() == set()


async def test_a_child_that_went_unseen_wakes_its_owner() -> None:
    healing = Healing()
    healing.server.put(CONFIG_MAPS, child(), "hi-0")
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    del healing.server.objects[Key(CONFIG_MAPS, "team", "hi-0")]
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
    healing.server.put(JOB_SETS, child(), "hi-0")
    assert await healing.heal() == {HI}
    assert healing.served == {JOB_SETS: True}


async def test_a_type_that_goes_takes_its_objects_along_and_wakes_their_owners() -> None:
    healing = Healing((JOB_SETS, CONFIG_MAPS))
    healing.server.put(JOB_SETS, child(), "hi-0")
    await healing.heal()
    healing.cache.mark_reconciled(HI)
    healing.server.missing = {JOB_SETS}
    assert await healing.heal() == {HI}
    assert healing.cache.children(JOB_SETS, "of-hi") == []
    assert healing.served == {JOB_SETS: False}
