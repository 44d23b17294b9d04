"""The engine on a real API server, with a small kind."""

from __future__ import annotations

import pytest

from argmin.plan import CONFIG_MAPS, Key, Manifest, Resource
from argmin.runtime.controller.engine import Engine
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import NotFoundError
from argmin.runtime.telemetry.metrics import Metrics
from tests.kube.greetings import GREETINGS, GreetingKind, greeting
from tests.kube.harness import AuditLog, eventually, is_idle, reconcile_again, running
from tests.kubectl import Kubectl, condition_of

pytestmark = pytest.mark.kube


def key_of(user: Kubectl, name: str = "hi") -> Key:
    return Key(GREETINGS, user.namespace, name)


async def see(cluster: Cluster, key: Key, reason: str, kind: str = "Ready") -> Manifest:
    """Wait until a condition has a reason; the object then."""
    seen: Manifest = {}

    async def look() -> bool:
        nonlocal seen
        seen = await cluster.get(key) or {}
        return condition_of(seen, kind).get("reason") == reason

    await eventually(look, f"{key} is {kind} for {reason}")
    return seen


async def test_a_new_object_gets_its_child_its_status_and_one_event(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        user.apply(greeting("hi"))
        seen = await see(cluster, key_of(user), "Greeted")
        await eventually(lambda: is_idle(engine), "rest")
    assert seen["status"]["said"] == "hello"
    assert user.get("configmap", "hi-0")["data"] == {"message": "hello"}
    assert [e["message"] for e in user.list("events")] == ["said hello"]
    assert audit.writes() == ["patch configmaps", "create events", "patch greetings/status"]


async def test_a_second_reconcile_writes_nothing(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    kind = GreetingKind()
    async with running(kind, cluster, user.namespace) as engine:
        user.apply(greeting("hi"))
        await see(cluster, key_of(user), "Greeted")
        await eventually(lambda: is_idle(engine), "rest")
        before, decided = audit.writes(), kind.decided
        await reconcile_again(engine, key_of(user))
        await reconcile_again(engine, key_of(user))
        assert kind.decided >= decided + 2
        assert audit.writes() == before


async def test_a_resync_looks_at_nothing_that_is_as_it_was_when_it_was_reconciled(
    user: Kubectl, cluster: Cluster
) -> None:
    kind = GreetingKind()
    async with running(kind, cluster, user.namespace) as engine:
        user.apply(greeting("hi"))
        await see(cluster, key_of(user), "Greeted")
        await reconcile_again(engine, key_of(user))
        decided = kind.decided
        await engine.resync.heal()
        await eventually(lambda: is_idle(engine), "rest")
        assert kind.decided == decided


async def test_a_restarted_engine_writes_nothing(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        await see(cluster, key_of(user), "Greeted")
        await eventually(lambda: is_idle(engine), "rest")
    before = audit.writes()
    kind = GreetingKind()
    async with running(kind, cluster, user.namespace) as engine:
        await eventually(lambda: kind.decided > 0 and is_idle(engine), "rest")
    assert audit.writes() == before


async def test_the_status_is_ours_and_the_rest_of_the_object_is_not(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace):
        seen = await see(cluster, key_of(user), "Greeted")
    ours = [m for m in seen["metadata"]["managedFields"] if m["manager"] == "argmin"]
    assert [(m["operation"], m["subresource"]) for m in ours] == [("Apply", "status")]
    assert set(ours[0]["fieldsV1"]) == {"f:status"}
    assert "finalizers" not in seen["metadata"]
    assert "annotations" not in seen["metadata"]


async def test_an_object_whose_spec_is_mended_is_no_longer_stalled(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("hi", fault="terminal"))
    async with running(GreetingKind(), cluster, user.namespace):
        seen = await see(cluster, key_of(user), "NothingToSay", "Stalled")
        assert seen["status"]["state"] == "Stalled"
        user.apply(greeting("hi"))
        seen = await see(cluster, key_of(user), "Greeted")
    assert seen["status"]["state"] == "Ready"
    assert condition_of(seen, "Stalled")["status"] == "False"


async def test_a_field_that_somebody_else_wrote_into_the_status_stays(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("hi"))
    user.run("patch", "greeting", "hi", "--subresource=status", "--type=merge",
             '--patch={"status": {"note": "seen"}}')  # fmt: skip
    async with running(GreetingKind(), cluster, user.namespace):
        seen = await see(cluster, key_of(user), "Greeted")
    assert seen["status"]["note"] == "seen"


async def test_a_terminal_error_stalls_the_object_once(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    user.apply(greeting("hi", fault="terminal"))
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        seen = await see(cluster, key_of(user), "NothingToSay", "Stalled")
        await reconcile_again(engine, key_of(user))
    stalled = condition_of(seen, "Stalled")
    assert stalled["message"] == "spec.message says nothing: write a greeting"
    assert seen["status"]["observedGeneration"] == seen["metadata"]["generation"]
    assert audit.writes() == ["patch greetings/status"]


async def test_a_spec_that_cannot_be_read_is_explained_by_its_fields(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("hi", message="h"))
    async with running(GreetingKind(), cluster, user.namespace):
        seen = await see(cluster, key_of(user), "InvalidSpec", "Stalled")
    said = condition_of(seen, "Stalled")["message"]
    assert said == "spec.message: String should have at least 3 characters"


async def test_a_child_that_the_api_server_refuses_stalls_the_object_and_is_tried_again(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("hi", fault="refused"))
    async with running(GreetingKind(), cluster, user.namespace):
        seen = await see(cluster, key_of(user), "ApplyRefused", "Stalled")
        assert "cannot apply ConfigMap" in condition_of(seen, "Stalled")["message"]
        assert "Not A Name" in condition_of(seen, "Stalled")["message"]
        user.apply(greeting("hi"))
        await see(cluster, key_of(user), "Greeted")


async def test_a_defect_of_ours_is_shown_without_a_traceback(
    user: Kubectl, cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    user.apply(greeting("hi", fault="defect"))
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        seen = await see(cluster, key_of(user), "InternalError", "Reconciling")
        await eventually(lambda: engine.queue.failures(key_of(user)) > 1, "it is tried again")
    said = condition_of(seen, "Reconciling")["message"]
    assert said == "argmin failed on this object and tries again: see the operator's log"
    logged = capfd.readouterr().out
    assert logged.count("Traceback") == 1
    assert "ZeroDivisionError: a defect" in logged


async def test_a_kind_that_asks_for_another_try_gets_it(user: Kubectl, cluster: Cluster) -> None:
    kind = GreetingKind()
    user.apply(greeting("hi", fault="retry"))
    async with running(kind, cluster, user.namespace) as engine:
        await eventually(lambda: kind.decided > 2, "more tries")
        assert engine.queue.failures(key_of(user)) == 0


async def test_a_child_that_somebody_deletes_or_edits_is_restored(
    user: Kubectl, cluster: Cluster
) -> None:
    child = Key(CONFIG_MAPS, user.namespace, "hi-0")

    async def is_restored() -> bool:
        return ((await cluster.get(child)) or {}).get("data") == {"message": "hello"}

    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace):
        await eventually(is_restored, "the child is there")
        user.delete("configmap", "hi-0")
        await eventually(is_restored, "the deleted child is back")
        user.run("patch", "configmap", "hi-0", '--patch={"data": {"message": "no"}}')
        await eventually(is_restored, "the edited child is as it was")
        user.run("label", "configmap", "hi-0", "argmin.dev/name-")
        await eventually(is_restored, "the child is there")

        async def is_labelled() -> bool:
            seen = await cluster.get(child) or {"metadata": {}}
            return "argmin.dev/name" in seen["metadata"].get("labels", {})

        await eventually(is_labelled, "the child's label is back")


async def test_a_child_too_many_is_deleted(user: Kubectl, cluster: Cluster) -> None:
    user.apply(greeting("hi", copies=3))
    async with running(GreetingKind(), cluster, user.namespace):
        extra = Key(CONFIG_MAPS, user.namespace, "hi-2")

        async def exists() -> bool:
            return await cluster.get(extra) is not None

        async def is_gone() -> bool:
            return not await exists()

        await eventually(exists, "three copies")
        user.apply(greeting("hi", copies=1))
        await eventually(is_gone, "one copy")


async def test_a_deleted_object_is_forgotten(user: Kubectl, cluster: Cluster) -> None:
    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        await see(cluster, key_of(user), "Greeted")
        user.delete("greeting", "hi")
        await eventually(lambda: engine.cache.get(key_of(user)) is None, "it is forgotten")
        await eventually(lambda: is_idle(engine), "rest")
        assert engine.queue.failures(key_of(user)) == 0
    assert user.find("greeting", "hi") is None


async def test_a_namesake_of_a_deleted_object_starts_afresh(
    user: Kubectl, cluster: Cluster
) -> None:
    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace):
        first = await see(cluster, key_of(user), "Greeted")
        user.delete("greeting", "hi")
        user.apply(greeting("hi", message="hello again"))
        second = await see(cluster, key_of(user), "Greeted")
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert second["status"]["said"] == "hello again"


async def test_objects_of_other_namespaces_are_none_of_our_business(
    user: Kubectl, cluster: Cluster, administrator: Kubectl
) -> None:
    other = administrator.within("default")
    other.apply(greeting("elsewhere"))
    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        await see(cluster, key_of(user), "Greeted")
        assert {key.namespace for key in engine.cache.keys(GREETINGS)} == {user.namespace}
    assert "status" not in other.get("greeting", "elsewhere")


async def test_an_engine_without_its_crd_says_what_is_missing(
    user: Kubectl, cluster: Cluster
) -> None:
    kind = GreetingKind(resource=Resource("test.argmin.dev/v1", "Farewell", "farewells"))
    engine = Engine((kind,), cluster, Metrics(), (user.namespace,))
    with pytest.raises(NotFoundError, match="cannot list Farewell"):
        await engine.run()
