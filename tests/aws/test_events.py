"""State changes reach SQS by a rule of EventBridge: as they should, or lost, doubled and late."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws.stage import Stage
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws

PATTERN = {
    "source": ["aws.sagemaker"],
    "detail-type": ["SageMaker Processing Job State Change"],
}


class Queue:
    """A queue that a rule feeds."""

    def __init__(self, stage: Stage, pattern: dict[str, Any] = PATTERN) -> None:
        self._sqs = stage.aws.client("sqs")
        self._url = self._sqs.create_queue(QueueName="events")["QueueUrl"]
        events = stage.aws.client("events")
        events.put_rule(Name="jobs", EventPattern=json.dumps(pattern))
        arn = "arn:aws:sqs:us-east-1:123456789012:events"
        events.put_targets(Rule="jobs", Targets=[{"Id": "queue", "Arn": arn}])
        self.events: list[dict[str, Any]] = []

    def receive(self) -> list[dict[str, Any]]:
        """All that has arrived so far."""
        while True:
            answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                return self.events
            for message in messages:
                self.events.append(json.loads(message["Body"]))
                handle = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)

    def wait(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many events have arrived."""
        wait_until(lambda: len(self.receive()) >= count, f"{count} events", timeout=30)
        return self.events


def _statuses(events: list[dict[str, Any]]) -> list[str]:
    return [event["detail"]["ProcessingJobStatus"] for event in events]


def test_each_change_of_state_is_an_event(stage: Stage) -> None:
    queue = Queue(stage)
    arn = stage.create("job", "exit 1")
    stage.wait("job")
    events = queue.wait(2)
    assert _statuses(events) == ["InProgress", "Failed"]
    assert events[1]["resources"] == [arn]
    assert events[1]["account"] == "123456789012"
    detail = events[1]["detail"]
    assert detail["ProcessingJobName"] == "job"
    assert detail["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert detail["ProcessingEndTime"] > 1_000_000_000_000


def test_a_job_whose_time_is_up_tells_that_it_is_stopping(stage: Stage) -> None:
    queue = Queue(stage)
    stage.create(
        "late",
        "trap 'exit 0' TERM; while :; do sleep 0.1; done",
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    stage.wait("late")
    assert _statuses(queue.wait(3)) == ["InProgress", "Stopping", "Stopped"]


def test_a_rule_chooses_its_events(stage: Stage) -> None:
    queue = Queue(stage, {**PATTERN, "detail": {"ProcessingJobStatus": ["Completed"]}})
    stage.create("job")
    stage.wait("job")
    assert _statuses(queue.wait(1)) == ["Completed"]


def test_events_get_lost(stage: Stage) -> None:
    queue = Queue(stage)
    stage.aws.configure(events={"lost": True})
    stage.create("job")
    stage.wait("job")
    assert queue.receive() == []


def test_events_come_twice(stage: Stage) -> None:
    queue = Queue(stage)
    stage.aws.configure(events={"copies": 2})
    stage.create("job")
    stage.wait("job")
    events = queue.wait(4)
    assert _statuses(events) == ["InProgress", "InProgress", "Completed", "Completed"]
    assert len({event["id"] for event in events}) == 2


def test_events_overtake_each_other(stage: Stage) -> None:
    queue = Queue(stage)
    stage.aws.configure(
        execution="simulated",
        simulation={"seconds": 0},
        concurrency=20,
        events={"delay_seconds": 1, "shuffled": True},
    )
    for number in range(20):
        stage.create(f"job-{number}")
    first: dict[str, str] = {}
    for event in queue.wait(40):
        detail = event["detail"]
        first.setdefault(detail["ProcessingJobName"], detail["ProcessingJobStatus"])
    assert "Completed" in first.values()


def test_an_event_that_was_under_way_at_a_reset_does_not_arrive(stage: Stage) -> None:
    Queue(stage)
    stage.aws.configure(
        execution="simulated", simulation={"seconds": 0}, events={"delay_seconds": 3}
    )
    stage.create("before")
    stage.wait("before")
    stage.aws.reset()
    queue = Queue(stage)
    stage.aws.configure(
        execution="simulated", simulation={"seconds": 0}, events={"delay_seconds": 3}
    )
    stage.create("after")
    assert {event["detail"]["ProcessingJobName"] for event in queue.wait(2)} == {"after"}
