"""Events of SageMaker reach argmin as hints, whatever happens to them on their way."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from argmin.aws.client import Aws
from argmin.aws.event_listener import EventObserver, HintHandler, Listener
from argmin.aws.models import Access, JobHint
from argmin.aws.sqs import Queue
from argmin.backends.sagemaker.connection import Delegation, DelegationSettings
from argmin.backends.sagemaker.jobs import list_event_types
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.runtime.telemetry.metrics import Metrics
from tests.aws.client import QUICK, lead_to
from tests.aws.control import Events
from tests.aws.emulator import Aws as Emulator
from tests.aws.stage import Stage

pytestmark = pytest.mark.aws

TIMEOUT = 60.0


class Ears:
    """Hears hints, and can be waited for."""

    def __init__(self) -> None:
        self.hints: list[JobHint] = []
        self.kinds: Counter[str] = Counter()
        self._heard = asyncio.Event()

    def hear(self, hint: JobHint) -> None:
        self.hints.append(hint)
        self._heard.set()

    def count(self, kind: str) -> None:
        self.kinds[kind] += 1

    async def wait_for(self, name: str, status: str) -> None:
        async with asyncio.timeout(TIMEOUT):
            while (name, status) not in [(h.name, h.status) for h in self.hints]:
                self._heard.clear()
                await self._heard.wait()


@pytest.fixture
async def calls(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aws]:
    lead_to(aws, monkeypatch)
    async with Aws(QUICK) as made:
        yield made


def open_listener(
    queue: Queue, on_hint: HintHandler, observe_event: EventObserver = lambda _: None
) -> Listener:
    return Listener(queue, list_event_types(), on_hint, observe_event)


def make_queue(aws: Emulator) -> str:
    """A queue that a rule of EventBridge feeds with the state changes of jobs."""
    url: str = aws.client("sqs").create_queue(QueueName="argmin")["QueueUrl"]
    events = aws.client("events")
    pattern = {"source": ["aws.sagemaker"], "detail-type": [PROCESSING.event_detail_type]}
    events.put_rule(Name="argmin", EventPattern=json.dumps(pattern))
    arn = "arn:aws:sqs:us-east-1:123456789012:argmin"
    events.put_targets(Rule="argmin", Targets=[{"Id": "argmin", "Arn": arn}])
    return url


def send(aws: Emulator, url: str, *bodies: Any) -> None:
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body)
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=text)


def count_left(aws: Emulator, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def event_of(name: str, kind: str = PROCESSING.event_detail_type) -> dict[str, Any]:
    return {"detail-type": kind, "detail": {"ProcessingJobName": name}}


async def test_each_change_of_a_job_is_heard(calls: Aws, aws: Emulator, stage: Stage) -> None:
    ears = Ears()
    listener = open_listener(Queue(calls, Access(), make_queue(aws)), ears.hear, ears.count)
    listening = asyncio.create_task(listener.listen())
    stage.create("steel", Tags=[{"Key": "argmin.dev/name", "Value": "steel"}])
    await ears.wait_for("steel", "Completed")
    listening.cancel()
    await asyncio.wait({listening})
    assert {hint.name for hint in ears.hints} == {"steel"}
    assert ears.kinds["malformed"] == 0


async def test_events_that_are_doubled_and_shuffled_are_heard_all_the_same(
    calls: Aws, aws: Emulator, stage: Stage
) -> None:
    aws.configure(events=Events(copies=3, shuffled=True, delay_seconds=0.5))
    ears = Ears()
    listener = open_listener(Queue(calls, Access(), make_queue(aws)), ears.hear)
    listening = asyncio.create_task(listener.listen())
    stage.create("steel")
    await ears.wait_for("steel", "Completed")
    listening.cancel()
    await asyncio.wait({listening})


async def test_many_messages_of_one_job_are_one_hint(calls: Aws, aws: Emulator) -> None:
    url = make_queue(aws)
    send(aws, url, event_of("a"), event_of("a"), event_of("b"))
    ears = Ears()
    listener = open_listener(Queue(calls, Access(), url), ears.hear, ears.count)
    received = 0
    while received < 3:
        received += await listener.poll()
    assert {hint.name for hint in ears.hints} == {"a", "b"}
    assert ears.kinds == {"hint": 3}


async def test_what_is_no_event_is_counted_and_taken_out_of_the_way(
    calls: Aws, aws: Emulator
) -> None:
    url = make_queue(aws)
    send(aws, url, "nonsense", event_of(""), event_of("x", "Something Else"), event_of("steel"))
    ears = Ears()
    listener = open_listener(Queue(calls, Access(), url), ears.hear, ears.count)
    received = 0
    while received < 4:
        received += await listener.poll()
    assert [hint.name for hint in ears.hints] == ["steel"]
    assert ears.kinds == {"malformed": 2, "other": 1, "hint": 1}
    assert count_left(aws, url) == 0


async def test_a_message_is_kept_until_its_hint_was_passed_on(calls: Aws, aws: Emulator) -> None:
    url = make_queue(aws)
    send(aws, url, event_of("steel"))

    def fail(_: JobHint) -> None:
        raise RuntimeError("the engine is gone")

    with pytest.raises(RuntimeError):
        await open_listener(Queue(calls, Access(), url), fail).poll()
    assert count_left(aws, url) == 1


async def test_a_queue_that_is_away_is_listened_to_again(calls: Aws, aws: Emulator) -> None:
    url = make_queue(aws)
    ears = Ears()
    fault = aws.faults.add("unavailable", "sqs", "ReceiveMessage")
    listening = asyncio.create_task(open_listener(Queue(calls, Access(), url), ears.hear).listen())
    await until(lambda: any(f.hits for f in aws.faults.list()))
    aws.faults.clear(fault)
    send(aws, url, event_of("steel"))
    await ears.wait_for("steel", "")
    listening.cancel()
    await asyncio.wait({listening})


async def test_a_queue_that_was_deleted_is_missed_until_it_is_there_again(
    calls: Aws, aws: Emulator
) -> None:
    url = make_queue(aws)
    aws.client("sqs").delete_queue(QueueUrl=url)
    settings = DelegationSettings(queue_url=url, shortest_pause=timedelta(seconds=0.1))
    metrics = Metrics()
    delegation = Delegation(settings, metrics, metrics.count_aws_event)
    listening = asyncio.create_task(delegation.listen())
    try:
        await until(lambda: delegation.is_queue_silent)
        make_queue(aws)
        await until(lambda: not delegation.is_queue_silent)
    finally:
        listening.cancel()
        await asyncio.wait({listening})
        delegation.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not holds():
            await asyncio.sleep(0.05)


async def test_the_receipt_of_a_message_is_in_no_log(calls: Aws, aws: Emulator) -> None:
    url = make_queue(aws)
    send(aws, url, event_of("steel"))
    queue = Queue(calls, Access(), url)
    (message,) = await queue.receive(wait_seconds=5, visibility_seconds=600)
    assert message.receipt not in repr(message)
