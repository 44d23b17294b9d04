"""A type that a cluster may have or not, on a real API server: its CRD comes and goes."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator

import pytest

from argmin.plan import CONFIG_MAPS, Key, Manifest, Resource
from argmin.runtime.cache.resync import Resync
from argmin.runtime.kube.client import Cluster
from tests.kube.greetings import GREETING_CRD, GREETINGS, GreetingKind, build_copy, greeting
from tests.kube.harness import eventually, is_idle, running
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube

CARDS = Resource("test.argmin.dev/v1", "Card", "cards", optional=True)


def build_crd() -> Manifest:
    crd = copy.deepcopy(GREETING_CRD)
    crd["metadata"]["name"] = f"{CARDS.plural}.{CARDS.group}"
    crd["spec"]["names"] = {"plural": CARDS.plural, "kind": CARDS.kind, "singular": "card"}
    return crd


def build_card(owner: Manifest) -> Manifest:
    """A card that belongs to a greeting, as a child of it."""
    metadata = build_copy(GreetingKind().parse(owner), 0)["metadata"]
    return {
        "apiVersion": CARDS.api_version,
        "kind": CARDS.kind,
        "metadata": {**metadata, "name": "card"},
        "spec": {"message": "hello"},
    }


@pytest.fixture
def installer(administrator: Kubectl) -> Iterator[Kubectl]:
    """Somebody who may install CRDs; that of the cards is gone in the end."""
    yield administrator
    administrator.run("delete", "crd", build_crd()["metadata"]["name"], "--ignore-not-found")


def install(installer: Kubectl) -> None:
    installer.apply(build_crd())
    name = build_crd()["metadata"]["name"]
    installer.run("wait", "crd", name, "--for=condition=Established", "--timeout=30s")


async def test_an_engine_works_without_an_optional_type_and_watches_it_once_it_is_there(
    user: Kubectl, cluster: Cluster, installer: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Resync) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Resync, "run_forever", never)  # nothing is listed but by this test
    kind = GreetingKind(children=(CONFIG_MAPS, CARDS))
    hi = Key(GREETINGS, user.namespace, "hi")
    async with running(kind, cluster, user.namespace) as engine:

        async def is_said() -> bool:
            return bool(((await cluster.get(hi)) or {}).get("status"))

        async def is_watched() -> bool:
            """A card is seen, with no list to tell of it."""
            return bool(engine.cache.children(CARDS, uid))

        user.apply(greeting("hi"))
        await eventually(is_said, "an object is reconciled without the optional type")
        uid = user.get("greeting", "hi")["metadata"]["uid"]

        for _ in range(2):  # it comes, goes, and comes again
            install(installer)
            await engine.resync.heal()
            await eventually(lambda: is_idle(engine), "rest")
            user.apply(build_card(user.get("greeting", "hi")))
            await eventually(is_watched, "its objects are seen")
            installer.run("delete", "crd", build_crd()["metadata"]["name"])
            await engine.resync.heal()
            assert engine.cache.children(CARDS, uid) == []
        user.apply(greeting("hi", message="good morning"))

        async def is_renewed() -> bool:
            found = await cluster.get(hi) or {}
            return bool(found["status"]["said"] == "good morning")

        await eventually(is_renewed, "the rest is watched all the while")
