"""One reconcile in process: what is told of a failure, and when the object is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pydantic import BaseModel, ValidationError
from structlog.testing import capture_logs

from argmin.plan import Apply, Blocked, Key, Manifest, Patch, Plan, Retry, TerminalError, View
from argmin.runtime.cache.store import Cache
from argmin.runtime.controller.reconciler import LOOK_AGAIN, Reconciler
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ConflictError, UnavailableError
from tests.kube.greetings import GREETINGS, Greeting, GreetingKind, greeting
from tests.kubectl import condition_of
from tests.worlds.api_server import ApiServer
from tests.worlds.client import Client

KEY = Key(GREETINGS, "team", "hi")
METADATA = {"name": "hi", "namespace": "team"}


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
    """A reconciler with a kind in trouble, on an API server of its own that counts reads."""

    def __init__(self) -> None:
        self.server = ApiServer(lambda: datetime(2026, 1, 2, tzinfo=UTC))
        self.server.create(GREETINGS, {**greeting("hi"), "metadata": METADATA})
        self.kind = TroubledKind()
        self.cache = Cache(bulky=(GREETINGS,))
        self.client = Counting(self.server)
        self.reconciler = Reconciler(self.kind, cast(Cluster, self.client), self.cache)
        self.look()

    def edit(self, message: str) -> None:
        self.server.patch(KEY, {"spec": {"message": message}})

    def fail(self) -> None:
        """No status can be written any more."""
        error = UnavailableError("cannot apply Greeting: no answer")
        self.server.refusals["patch", GREETINGS] = error

    def look(self) -> None:
        self.cache.put(GREETINGS, self.object)

    async def reconcile(self) -> timedelta | None:
        return await self.reconciler.reconcile(KEY)

    @property
    def object(self) -> Manifest:
        return self.server.find(KEY) or {}

    @property
    def status_writes(self) -> int:
        return sum(write.startswith("apply status") for write in self.server.writes)

    def condition(self, kind: str) -> dict[str, Any]:
        return condition_of(self.object, kind)


class Counting(Client):
    """Counts the reads of an object."""

    reads = 0

    async def get(self, key: Key) -> Manifest | None:
        self.reads += 1
        return await super().get(key)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_an_apply_that_changes_nothing_is_no_write(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.kind, "decide", keep)
    assert await bench.reconcile() == LOOK_AGAIN
    assert bench.object["metadata"]["finalizers"] == ["example.org/keep"]
    assert await bench.reconcile() is None


async def test_a_finalizer_is_removed_whoever_owns_it_and_all_others_stay(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.kind, "decide", release)
    bench.server.patch(KEY, {"metadata": {"finalizers": ["example.org/a", "example.org/b"]}})
    bench.look()
    await bench.reconcile()
    assert bench.object["metadata"]["finalizers"] == ["example.org/a"]


async def test_no_finalizer_is_removed_that_was_added_since_the_object_was_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.kind, "decide", release)
    bench.server.patch(KEY, {"metadata": {"finalizers": ["example.org/b"]}})
    bench.look()
    bench.server.patch(KEY, {"metadata": {"finalizers": ["example.org/b", "example.org/c"]}})
    with pytest.raises(ConflictError):
        await bench.reconcile()
    assert bench.object["metadata"]["finalizers"] == ["example.org/b", "example.org/c"]


async def test_an_object_that_went_before_it_was_released_is_let_go_in_silence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.kind, "decide", release)
    bench.server.delete(KEY)
    with capture_logs() as logs:
        assert await bench.reconcile() is None
    assert [line["log_level"] for line in logs] == ["debug"]


def release(obj: Greeting, *_: object) -> Plan:
    """Removes one of the finalizers of the object."""
    finalizers, version = obj.metadata.finalizers, obj.metadata.resource_version
    patch = Patch.without_finalizer(KEY, finalizers, "example.org/b", version, "it may go")
    return Plan(patch=(patch,))


def keep(obj: Greeting, *_: object) -> Plan:
    """Applies a finalizer to the object, whether it has it or not."""
    metadata = {**METADATA, "uid": obj.metadata.uid, "finalizers": ["example.org/keep"]}
    head = {"apiVersion": GREETINGS.api_version, "kind": GREETINGS.kind}
    return Plan(apply=(Apply({**head, "metadata": metadata}, "it is to stay", "argmin-keep"),))


class LivePod(BaseModel):
    phase: int


def unreadable_answer() -> ValidationError:
    """What a model raises that cannot read what the cluster answered."""
    with pytest.raises(ValidationError) as invalid:
        LivePod.model_validate({"phase": "s3cret"})
    return invalid.value


async def test_a_spec_that_cannot_be_read_is_the_users_to_mend(bench: Bench) -> None:
    bench.edit("h")
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
    assert [c["type"] for c in bench.object["status"]["conditions"]] == ["Ready", "Stalled"]


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
    bench.kind.meanwhile = lambda: bench.edit("good morning")
    assert await bench.reconcile() == timedelta(0)
    assert bench.status_writes == 1


async def test_a_block_without_an_edit_is_waited_for(bench: Bench) -> None:
    bench.kind.error = Blocked("AccessDenied", "not allowed", timedelta(minutes=5))
    assert await bench.reconcile() == timedelta(minutes=5)


async def test_a_kind_that_asks_for_another_try_writes_nothing(bench: Bench) -> None:
    bench.kind.error = Retry(timedelta(seconds=3), "not now")
    with pytest.raises(Retry):
        await bench.reconcile()
    assert bench.status_writes == 0


async def test_a_failure_that_cannot_be_reported_is_still_the_one_that_is_raised(
    bench: Bench,
) -> None:
    bench.kind.error = ZeroDivisionError("a defect")
    bench.fail()
    with pytest.raises(ZeroDivisionError, match="a defect") as raised, capture_logs() as logs:
        await bench.reconcile()
    assert isinstance(raised.value.__context__, UnavailableError)
    (line,) = [line for line in logs if line["log_level"] == "warning"]
    assert "no answer" in line["error"]


async def test_a_status_that_cannot_be_written_is_tried_again(bench: Bench) -> None:
    bench.fail()
    with pytest.raises(UnavailableError):
        await bench.reconcile()


async def test_an_object_that_is_as_its_spec_says_needs_no_look_of_the_next_resync(
    bench: Bench,
) -> None:
    await bench.reconcile()
    assert bench.cache.list_unreconciled(GREETINGS) == []
    bench.edit("good morning")
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
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "routing"}
    status = {"status": {"conditions": [complete]}, "metadata": METADATA}
    bench.server.apply(GREETINGS, status, "tester", "status")
    bench.server.patch(KEY, {"metadata": {"annotations": applied}})
    bench.edit("x" * 100_000)
    bench.look()
    kept = bench.cache.get(KEY)
    assert kept is not None
    assert "spec" not in kept
    assert await bench.reconcile() != timedelta(0)  # which would look again without end
    assert bench.client.reads == 1
    assert bench.cache.list_unreconciled(GREETINGS) == []
    assert bench.object["status"]["said"] == "x" * 100_000


async def test_an_object_that_works_is_not_read_again(bench: Bench) -> None:
    bench.edit("x" * 100_000)
    bench.look()
    await bench.reconcile()
    await bench.reconcile()
    assert bench.client.reads == 0


async def test_a_large_finished_object_that_is_gone_is_let_go(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}
    bench.server.patch(KEY, failed, subresource="status")
    bench.edit("x" * 100_000)
    bench.look()

    async def find_nothing(_key: Key) -> None:
        return None

    monkeypatch.setattr(bench.client, "get", find_nothing)
    assert await bench.reconcile() is None
    assert bench.status_writes == 0
