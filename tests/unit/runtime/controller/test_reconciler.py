"""One reconcile in process: what is told of a failure, and when the object is looked at again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import BaseModel, ValidationError
from structlog.testing import capture_logs

from argmin.plan import Blocked, Key, Manifest, Plan, Resource, Retry, TerminalError, View
from argmin.runtime.cache.store import Cache
from argmin.runtime.controller.reconciler import Reconciler
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import UnavailableError
from tests.kube.greetings import GREETINGS, Greeting, GreetingKind, greeting
from tests.kubectl import condition_of

KEY = Key(GREETINGS, "team", "hi")


class Server:
    """An API server with one object, whose status can be applied and whose spec can be edited."""

    def __init__(self) -> None:
        self.object: Manifest = {
            **greeting("hi"),
            "metadata": {
                "name": "hi",
                "namespace": "team",
                "uid": "of-hi",
                "generation": 1,
                "resourceVersion": "10",
            },
        }
        self.error: Exception | None = None
        self.writes = 0
        self.reads = 0

    def edit(self, message: str) -> None:
        self.object["spec"]["message"] = message
        self.object["metadata"]["generation"] += 1
        self._advance()

    async def get(self, _key: Key) -> Manifest:
        self.reads += 1
        return copy.deepcopy(self.object)

    async def apply_status(self, _resource: Resource, manifest: Manifest) -> Manifest:
        if self.error is not None:
            raise self.error
        self.writes += 1
        self.object["status"] = manifest["status"]
        self._advance()
        return copy.deepcopy(self.object)

    async def apply(self, _resource: Resource, manifest: Manifest, _manager: str) -> Manifest:
        made = copy.deepcopy(manifest)
        made["metadata"] |= {"uid": f"of-{made['metadata']['name']}", "resourceVersion": "11"}
        return made

    async def create(self, _resource: Resource, manifest: Manifest) -> Manifest:
        return manifest

    def _advance(self) -> None:
        metadata = self.object["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)


class TroubledKind(GreetingKind):
    """Raises `error` while it observes, after something has happened `meanwhile`."""

    error: Exception | None = None
    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    async def observe(self, obj: Greeting, wanted: int, view: View) -> Sequence[Manifest]:
        self.meanwhile()
        if self.error is not None:
            raise self.error
        return await super().observe(obj, wanted, view)


class Bench:
    """A reconciler with a kind in trouble, on a server of its own."""

    def __init__(self) -> None:
        self.server = Server()
        self.kind = TroubledKind()
        self.cache = Cache(bulky=(GREETINGS,))
        self.reconciler = Reconciler(self.kind, cast(Cluster, self.server), self.cache)
        self.look()

    def look(self) -> None:
        self.cache.put(GREETINGS, copy.deepcopy(self.server.object))

    async def reconcile(self) -> timedelta | None:
        return await self.reconciler.reconcile(KEY)

    def condition(self, kind: str) -> dict[str, Any]:
        return condition_of(self.server.object, kind)


@pytest.fixture
def bench() -> Bench:
    return Bench()


class LivePod(BaseModel):
    phase: int


def unreadable_answer() -> ValidationError:
    """What a model raises that cannot read what the cluster answered."""
    with pytest.raises(ValidationError) as invalid:
        LivePod.model_validate({"phase": "s3cret"})
    return invalid.value


async def test_a_spec_that_cannot_be_read_is_the_users_to_mend(bench: Bench) -> None:
    bench.server.edit("h")
    bench.look()
    assert await bench.reconcile() is None
    assert bench.condition("Stalled")["reason"] == "InvalidSpec"


async def test_an_observation_that_cannot_be_read_is_not_the_users_fault(bench: Bench) -> None:
    bench.kind.error = unreadable_answer()
    with pytest.raises(ValidationError):  # after which it is tried again, ever more rarely
        await bench.reconcile()
    reconciling = bench.condition("Reconciling")
    assert (reconciling["status"], reconciling["reason"]) == ("True", "InternalError")
    assert bench.condition("Stalled")["status"] == "False"
    assert "LivePod: phase: " in reconciling["message"]
    assert "not the fault of the spec" in reconciling["message"]
    assert "s3cret" not in reconciling["message"]


async def test_a_decision_that_cannot_be_made_is_not_the_users_fault(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = unreadable_answer()

    def refuse(*_of: object) -> Plan:
        raise error

    monkeypatch.setattr(bench.kind, "decide", refuse)
    with pytest.raises(ValidationError):
        await bench.reconcile()
    assert bench.condition("Reconciling")["reason"] == "InternalError"


async def test_an_object_that_recovers_says_no_more_of_what_could_not_be_read(
    bench: Bench,
) -> None:
    bench.kind.error = unreadable_answer()
    with pytest.raises(ValidationError):
        await bench.reconcile()
    bench.kind.error = None
    await bench.reconcile()
    assert [c["type"] for c in bench.server.object["status"]["conditions"]] == ["Ready", "Stalled"]


ENDS = [
    pytest.param(None, id="success"),
    pytest.param(TerminalError("NothingToSay", "write a greeting"), id="terminal"),
    pytest.param(Blocked("AccessDenied", "not allowed", timedelta(minutes=5)), id="blocked"),
    pytest.param(
        Blocked("Quota", "no room", timedelta(minutes=5), waiting=True), id="blocked and waiting"
    ),
    pytest.param(ZeroDivisionError("a defect"), id="defect"),
]


@pytest.mark.parametrize("error", ENDS)
async def test_an_edit_is_looked_at_at_once_however_the_reconcile_ends(
    bench: Bench, error: Exception | None
) -> None:
    """The response to our own status holds the edit: its watch event is no news any more."""
    bench.kind.error = error
    bench.kind.meanwhile = lambda: bench.server.edit("good morning")
    assert await bench.reconcile() == timedelta(0)
    assert bench.server.writes == 1


async def test_a_block_without_an_edit_is_waited_for(bench: Bench) -> None:
    bench.kind.error = Blocked("AccessDenied", "not allowed", timedelta(minutes=5))
    assert await bench.reconcile() == timedelta(minutes=5)


async def test_a_kind_that_asks_for_another_try_writes_nothing(bench: Bench) -> None:
    bench.kind.error = Retry(timedelta(seconds=3), "not now")
    with pytest.raises(Retry):
        await bench.reconcile()
    assert bench.server.writes == 0


async def test_a_failure_that_cannot_be_reported_is_still_the_one_that_is_raised(
    bench: Bench,
) -> None:
    bench.kind.error = ZeroDivisionError("a defect")
    bench.server.error = UnavailableError("cannot apply Greeting: no answer")
    with pytest.raises(ZeroDivisionError, match="a defect") as raised, capture_logs() as logs:
        await bench.reconcile()
    assert isinstance(raised.value.__context__, UnavailableError)
    (line,) = [line for line in logs if line["log_level"] == "warning"]
    assert "no answer" in line["error"]


async def test_a_status_that_cannot_be_written_is_tried_again(bench: Bench) -> None:
    bench.server.error = UnavailableError("cannot apply Greeting: no answer")
    with pytest.raises(UnavailableError):
        await bench.reconcile()


async def test_an_object_that_is_as_its_spec_says_needs_no_look_of_the_next_resync(
    bench: Bench,
) -> None:
    await bench.reconcile()
    assert bench.cache.list_unreconciled(GREETINGS) == []
    bench.server.edit("good morning")
    bench.look()
    assert bench.cache.list_unreconciled(GREETINGS) == [KEY]


@pytest.mark.parametrize("error", ENDS[1:])
async def test_an_object_that_is_in_trouble_is_looked_at_by_every_resync(
    bench: Bench, error: Exception
) -> None:
    bench.kind.error = error
    with suppress(ZeroDivisionError):
        await bench.reconcile()
    assert bench.cache.list_unreconciled(GREETINGS) == [KEY]


async def test_a_large_finished_object_is_read_again_when_it_is_looked_at(bench: Bench) -> None:
    await bench.reconcile()
    complete = {**bench.condition("Ready"), "type": "Complete"}
    bench.server.object["status"]["conditions"].append(complete)
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "routing"}
    bench.server.object["metadata"] |= {"annotations": applied, "managedFields": [{}]}
    bench.server.edit("x" * 100_000)
    bench.look()
    kept = bench.cache.get(KEY)
    assert kept is not None
    assert "spec" not in kept
    assert await bench.reconcile() != timedelta(0)  # which would look again without end
    assert bench.server.reads == 1
    assert bench.cache.list_unreconciled(GREETINGS) == []
    assert bench.server.object["status"]["said"] == "x" * 100_000


async def test_an_object_that_works_is_not_read_again(bench: Bench) -> None:
    bench.server.edit("x" * 100_000)
    bench.look()
    await bench.reconcile()
    await bench.reconcile()
    assert bench.server.reads == 0


async def test_a_large_finished_object_that_is_gone_is_let_go(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.server.object["status"] = {"conditions": [{"type": "Failed", "status": "True"}]}
    bench.server.edit("x" * 100_000)
    bench.look()

    async def find_nothing(_key: Key) -> None:
        return None

    monkeypatch.setattr(bench.server, "get", find_nothing)
    assert await bench.reconcile() is None
    assert bench.server.writes == 0
