"""State changes by EventBridge and SQS: lost, doubled, shuffled, late, or the queue gone."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from argmin.aws.client import CallSettings
from tests.aws.control import FaultKind
from tests.aws.delegation.conftest import OpenScene
from tests.aws.delegation.manifests import BLEND_VALUE, build_blend
from tests.aws.delegation.scene import Scene
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws

MANY = 4
REFUSALS = 2 * CallSettings.attempts + 1
"""So many that the listener itself has to try again, twice."""


def solve_many(scene: Scene) -> None:
    """Several jobs at once, and the right answer of each."""
    names = [scene.submit(build_blend(f"blend-{number}")) for number in range(MANY)]
    for name in names:
        assert scene.finish(name)["objective"] == BLEND_VALUE
    for name in names:
        scene.check_attempts(name, "Completed")


def test_events_that_are_lost_are_made_up_for(scene: Scene) -> None:
    scene.aws.configure(events={"lost": True})
    solve_many(scene)


def test_events_that_come_twice_and_in_disorder_do_no_harm(scene: Scene) -> None:
    scene.aws.configure(events={"copies": 3, "delay_seconds": 3, "shuffled": True})
    solve_many(scene)


def test_events_of_others_and_nonsense_are_passed_over(scene: Scene) -> None:
    sqs = scene.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="argmin")["QueueUrl"]
    for body in ("nonsense", "{}", '{"detail-type": "Something Else", "detail": {}}'):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    solve_many(scene)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def is_empty() -> bool:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        return all(found[name] == "0" for name in counts)

    wait_until(is_empty, "the queue to be empty", timeout=60)


def test_a_queue_that_does_not_answer_is_asked_again(open_scene: OpenScene) -> None:
    scene = open_scene(ARGMIN_SAGEMAKER_POLL_SECONDS="600")  # nothing but the queue tells in time
    fault = scene.aws.faults.add(FaultKind.UNAVAILABLE, "sqs", "ReceiveMessage", times=REFUSALS)
    solve_many(scene)
    assert next(f.hits for f in scene.aws.faults.list() if f.id == fault.id) == REFUSALS
    answers = [call.status for call in scene.calls("sqs", "ReceiveMessage")]
    refused = [number for number, status in enumerate(answers) if status != HTTPStatus.OK]
    assert len(refused) == REFUSALS
    assert HTTPStatus.OK in answers[refused[-1] :]


def test_without_a_queue_aws_is_asked_now_and_then(open_scene: OpenScene) -> None:
    scene = open_scene(events=False)
    assert scene.solve()["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
