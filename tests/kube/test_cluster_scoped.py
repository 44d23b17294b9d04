"""A kind of the whole cluster, with children in two namespaces, on a real API server."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from argmin.api.base import LABEL_NAME
from argmin.api.conditions import READY, condition
from argmin.plan import CONFIG_MAPS, Apply, Event, Key, Manifest, Plan, Resource, View
from argmin.runtime.kube.client import Cluster
from tests.kube.greetings import GREETING_CRD, Greeting, build_copy, greeting
from tests.kube.harness import eventually, is_idle, running
from tests.kubectl import Kubectl, condition_of

pytestmark = pytest.mark.kube

SALUTES = Resource("test.argmin.dev/v1", "Salute", "salutes", namespaced=False)
HI = Key(SALUTES, "", "hi")


def build_crd() -> Manifest:
    crd = copy.deepcopy(GREETING_CRD)
    crd["metadata"]["name"] = f"{SALUTES.plural}.{SALUTES.group}"
    crd["spec"]["scope"] = "Cluster"
    crd["spec"]["names"] = {"plural": SALUTES.plural, "kind": SALUTES.kind, "singular": "salute"}
    return crd


@dataclass
class SaluteKind:
    """Says a greeting in each of some namespaces."""

    namespaces: tuple[str, ...]
    resource: Resource = SALUTES
    children: tuple[Resource, ...] = (CONFIG_MAPS,)
    decided: int = 0

    def parse(self, manifest: Manifest) -> Greeting:
        return Greeting.model_validate(manifest)

    def want(self, obj: Greeting) -> tuple[str, ...]:
        return self.namespaces

    async def observe(
        self, obj: Greeting, wanted: tuple[str, ...], view: View
    ) -> Sequence[Manifest]:
        return view.children(CONFIG_MAPS, obj.metadata.uid)

    def decide(
        self, obj: Greeting, wanted: tuple[str, ...], observed: Sequence[Manifest], now: datetime
    ) -> Plan:
        self.decided += 1
        said = {
            child["metadata"]["namespace"]
            for child in observed
            if child.get("data") == {"message": obj.spec.message}
        }
        is_known = bool(obj.status.conditions)
        ready = condition(READY, True, "Greeted", "", now, obj.metadata.generation)
        status = {"said": obj.spec.message, "conditions": [ready.to_wire()]}
        return Plan(
            apply=tuple(
                Apply(build_child(obj, namespace), "it is not said")
                for namespace in wanted
                if namespace not in said
            ),
            status=obj.status.to_wire() if is_known else status,
            events=(Event("Greeted", f"said {obj.spec.message} everywhere"),),
        )

    async def perform(self, call: object) -> None:
        raise AssertionError("nothing is called")


def build_child(obj: Greeting, namespace: str) -> Manifest:
    """A child that the owner reference alone ties to its owner: its label names nobody."""
    child = build_copy(obj, 0)
    child["metadata"]["namespace"] = namespace
    child["metadata"]["labels"] = {LABEL_NAME: "of-nobody"}
    child["metadata"]["ownerReferences"][0]["kind"] = SALUTES.kind
    return child


@pytest.fixture
def installed(administrator: Kubectl) -> Iterator[Kubectl]:
    administrator.apply(build_crd())
    name = build_crd()["metadata"]["name"]
    administrator.run("wait", "crd", name, "--for=condition=Established", "--timeout=30s")
    yield administrator
    administrator.run("delete", "crd", name)


async def test_an_owner_without_a_namespace_has_its_children_in_several(
    user: Kubectl, cluster: Cluster, installed: Kubectl
) -> None:
    kind = SaluteKind((user.namespace, "default"))
    installed.apply({**greeting("hi"), "kind": SALUTES.kind})

    async def is_greeted() -> bool:
        return condition_of(await cluster.get(HI) or {}, "Ready").get("reason") == "Greeted"

    async def is_said_everywhere() -> bool:
        found = [await cluster.get(Key(CONFIG_MAPS, n, "hi-0")) for n in kind.namespaces]
        return all(child and child["data"] == {"message": "hello"} for child in found)

    async with running(kind, cluster, user.namespace) as engine:
        await eventually(is_greeted, "it has a status")
        await eventually(is_said_everywhere, "it has its children")
        await eventually(lambda: is_idle(engine), "rest")
        decided = kind.decided
        await engine.resync.heal()
        await eventually(lambda: is_idle(engine), "rest")
        assert kind.decided == decided, "a resync finds it reconciled"
        user.run("patch", "configmap", "hi-0", '--patch={"data": {"message": "no"}}')
        await eventually(is_said_everywhere, "an edited child wakes its owner, and is mended")
    events = [e["message"] for e in installed.within("default").list("events")]
    assert "said hello everywhere" in events
