"""One reconcile on a real API server, with no watch at all: our own writes are all its news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from argmin.plan import CONFIG_MAPS, Apply, Key, Manifest, Patch, Plan
from argmin.runtime.cache.store import Cache
from argmin.runtime.controller.reconciler import Reconciler
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ConflictError, InvalidError, UnavailableError
from tests.kube.greetings import GREETINGS, Greeting, GreetingKind, greeting
from tests.kube.harness import AuditLog
from tests.kubectl import Kubectl, condition_of

pytestmark = pytest.mark.kube


class Blind:
    """A reconciler whose cache learns of the object only when it is told to look."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cache = Cache()
        self.key = Key(GREETINGS, namespace, "hi")
        self.cluster = cluster
        self._reconciler = Reconciler(GreetingKind(), cluster, self.cache)

    async def look(self) -> None:
        found = await self.cluster.get(self.key)
        assert found is not None
        self.cache.put(GREETINGS, found)

    async def reconcile(self) -> timedelta | None:
        return await self._reconciler.reconcile(self.key)


@pytest.fixture
async def blind(user: Kubectl, cluster: Cluster) -> Blind:
    user.apply(greeting("hi", copies=2))
    blind = Blind(cluster, user.namespace)
    await blind.look()
    return blind


async def test_nothing_is_written_twice_however_far_the_watches_lag(
    blind: Blind, audit: AuditLog
) -> None:
    await blind.reconcile()
    before = audit.writes()
    assert before.count("patch configmaps") == 2
    await blind.reconcile()
    assert audit.writes() == before


async def test_nothing_is_deleted_twice_however_far_the_watches_lag(
    user: Kubectl, blind: Blind, audit: AuditLog
) -> None:
    await blind.reconcile()
    user.apply(greeting("hi", copies=1))
    await blind.look()
    await blind.reconcile()
    await blind.reconcile()
    assert audit.writes().count("delete configmaps") == 1
    assert [c["metadata"]["name"] for c in user.list("configmaps", "argmin.dev/name=hi")] == [
        "hi-0"
    ]


async def test_a_child_that_finalizers_keep_is_known_to_be_going(
    user: Kubectl, blind: Blind
) -> None:
    await blind.reconcile()
    keep = '{"metadata": {"finalizers": ["test.argmin.dev/keep"]}}'
    user.run("patch", "configmap", "hi-1", "--type=merge", f"--patch={keep}")
    user.apply(greeting("hi", copies=1))
    await blind.look()
    await blind.reconcile()
    (kept,) = [
        child
        for child in blind.cache.children(CONFIG_MAPS, uid_of(user))
        if child["metadata"]["name"] == "hi-1"
    ]
    assert "deletionTimestamp" in kept["metadata"]


@pytest.mark.parametrize("edit", ["spec", "label", "deletion"])
async def test_an_edit_that_our_own_write_told_of_is_looked_at_at_once(
    user: Kubectl, blind: Blind, edit: str
) -> None:
    """Its watch event brings nothing new to the cache, and so wakes nobody."""
    user.apply(greeting("hi", fault="terminal"))
    keep = '{"metadata": {"finalizers": ["test.argmin.dev/keep"]}}'
    user.run("patch", "greeting", "hi", "--type=merge", f"--patch={keep}")
    await blind.look()
    if edit == "spec":
        user.apply(greeting("hi", message="good morning", fault="terminal"))
    elif edit == "label":
        user.run("label", "greeting", "hi", "team=north")
    else:
        user.run("delete", "greeting", "hi", "--wait=false")
    assert await blind.reconcile() == timedelta(0)
    assert await blind.reconcile() is None
    user.run("patch", "greeting", "hi", "--type=merge", '--patch={"metadata":{"finalizers":null}}')


async def test_a_namesake_of_a_child_is_left_alone(user: Kubectl, blind: Blind) -> None:
    await blind.reconcile()
    user.delete("configmap", "hi-1")
    user.run("create", "configmap", "hi-1", "--from-literal=mine=1")
    user.apply(greeting("hi", copies=1))
    await blind.look()
    await blind.reconcile()
    assert user.get("configmap", "hi-1")["data"] == {"mine": "1"}


async def test_an_object_that_went_while_it_was_reconciled_is_no_error(
    user: Kubectl, blind: Blind
) -> None:
    user.delete("greeting", "hi")
    await blind.reconcile()
    assert user.list("greetings") == []


class KeptKind(GreetingKind):
    """Puts a finalizer on its object."""

    def decide(
        self, obj: Greeting, wanted: int, observed: Sequence[Manifest], now: datetime
    ) -> Plan:
        metadata = {
            "name": obj.metadata.name,
            "namespace": obj.metadata.namespace,
            "uid": obj.metadata.uid,
            "finalizers": ["test.argmin.dev/keep"],
        }
        manifest = {"apiVersion": "test.argmin.dev/v1", "kind": "Greeting", "metadata": metadata}
        return Plan(apply=(Apply(manifest, "it is to stay", "argmin-keep"),))


async def test_an_object_that_went_before_it_was_kept_is_let_go_in_silence(
    user: Kubectl, blind: Blind
) -> None:
    user.delete("greeting", "hi")
    with capture_logs() as logs:
        await Reconciler(KeptKind(), blind.cluster, blind.cache).reconcile(blind.key)
    assert [line["log_level"] for line in logs] == ["debug"]
    assert user.list("greetings") == []


class ReleasingKind(GreetingKind):
    """Removes a finalizer of its object."""

    def decide(
        self, obj: Greeting, wanted: int, observed: Sequence[Manifest], now: datetime
    ) -> Plan:
        of, key = obj.metadata, GREETINGS.key(obj.metadata.namespace, obj.metadata.name)
        patch = Patch.without_finalizer(
            key, of.finalizers, "test.argmin.dev/keep", of.resource_version, "it may go"
        )
        return Plan(patch=(patch,))


async def test_a_finalizer_that_a_user_has_put_there_is_released(
    user: Kubectl, blind: Blind
) -> None:
    names = '["test.argmin.dev/keep", "test.argmin.dev/other"]'
    keep = f'{{"metadata": {{"finalizers": {names}}}}}'
    user.run("patch", "greeting", "hi", "--type=merge", f"--patch={keep}")
    reconciler = Reconciler(ReleasingKind(), blind.cluster, blind.cache)
    with pytest.raises(ConflictError):  # it was read before that
        await reconciler.reconcile(blind.key)
    await blind.look()
    await reconciler.reconcile(blind.key)
    assert user.get("greeting", "hi")["metadata"]["finalizers"] == ["test.argmin.dev/other"]
    user.run("patch", "greeting", "hi", "--type=merge", '--patch={"metadata":{"finalizers":null}}')


async def test_a_namespace_that_is_being_deleted_is_let_go_in_silence(
    user: Kubectl, blind: Blind, audit: AuditLog
) -> None:
    user.run("delete", "namespace", user.namespace, "--wait=false")
    with capture_logs() as logs:
        await blind.reconcile()
    assert [line for line in logs if line["log_level"] != "debug"] == []
    assert "status" not in user.get("greeting", "hi")
    assert audit.writes() == ["patch configmaps"]


async def test_a_server_that_does_not_answer_is_no_reason_to_touch_the_status(
    user: Kubectl, blind: Blind, monkeypatch: pytest.MonkeyPatch
) -> None:
    await blind.reconcile()
    user.apply(greeting("hi", message="good morning", copies=2))
    await blind.look()
    before = user.get("greeting", "hi")
    configuration = blind.cluster.connection.configuration
    monkeypatch.setattr(configuration, "host", "https://127.0.0.1:1")
    with pytest.raises(UnavailableError, match="cannot apply ConfigMap"):
        await blind.reconcile()
    monkeypatch.undo()
    assert user.get("greeting", "hi") == before
    await blind.reconcile()
    assert user.get("greeting", "hi")["status"]["said"] == "good morning"


class BoastfulKind(GreetingKind):
    """Has a status that the API server does not take, as long as `boast` is one."""

    boast: object = None

    def decide(
        self, obj: Greeting, wanted: int, observed: Sequence[Manifest], now: datetime
    ) -> Plan:
        plan = super().decide(obj, wanted, observed, now)
        return plan if self.boast is None else replace(plan, status={"said": self.boast})


REFUSED_STATUSES = [
    pytest.param(7, "said", id="of another type"),
    pytest.param("x" * 1_600_000, "too large", id="too large for the store"),
    pytest.param("x" * 2_500_000, "larger than max", id="too large for a message to the store"),
    pytest.param("x" * 4_000_000, "too large", id="too large for the API server"),
]


@pytest.mark.parametrize(("boast", "said"), REFUSED_STATUSES)
async def test_a_status_that_is_refused_is_told_in_one_that_is_not(
    user: Kubectl, blind: Blind, audit: AuditLog, boast: object, said: str
) -> None:
    await blind.reconcile()
    kind = BoastfulKind()
    kind.boast = boast
    reconciler = Reconciler(kind, blind.cluster, blind.cache)
    with pytest.raises(InvalidError):  # after which it rests, ever longer
        await reconciler.reconcile(blind.key)
    seen = user.get("greeting", "hi")
    stalled = condition_of(seen, "Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "StatusRefused")
    assert said in stalled["message"]
    assert len(stalled["message"]) <= 4096
    assert stalled["message"].endswith(
        ": if it is too large, have the run report less, keep the rest in its outputs, and change"
        " the spec to run it anew; if not, install the CRDs of this version of argmin"
    )
    assert (seen["status"]["state"], seen["status"]["said"]) == ("Stalled", "hello")

    before = audit.writes().count("patch greetings/status")
    with pytest.raises(InvalidError):
        await reconciler.reconcile(blind.key)
    assert user.get("greeting", "hi") == seen
    assert audit.writes().count("patch greetings/status") == before + 1

    kind.boast = None
    await reconciler.reconcile(blind.key)
    mended = user.get("greeting", "hi")
    assert condition_of(mended, "Stalled")["status"] == "False"
    assert mended["status"]["state"] == "Ready"


def uid_of(user: Kubectl) -> str:
    return str(user.get("greeting", "hi")["metadata"]["uid"])
