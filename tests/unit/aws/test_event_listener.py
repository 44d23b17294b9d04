"""Hints in the messages of a queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argmin.aws.event_listener import MalformedEventError, read_hint
from argmin.backends.sagemaker.jobs import list_event_types
from argmin.backends.sagemaker.jobs.processing import PROCESSING

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/steel-1"


def event(**detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "6b1e",
        "detail-type": PROCESSING.event_detail_type,
        "source": "aws.sagemaker",
        "account": "111122223333",
        "detail": {
            "ProcessingJobName": "steel-1",
            "ProcessingJobArn": ARN,
            "ProcessingJobStatus": "Completed",
            "CreationTime": 1583447748000,
            "Tags": {"argmin.dev/name": "steel"},
            **detail,
        },
    }


def test_an_event_names_the_job() -> None:
    hint = read_hint(json.dumps(event()), list_event_types())
    assert hint is not None
    assert (hint.name, hint.arn, hint.status) == ("steel-1", ARN, "Completed")
    assert (hint.job_type, hint.region, hint.account) == (
        "ProcessingJob",
        "eu-west-1",
        "111122223333",
    )


@pytest.mark.parametrize("tags", [None, [], [{"Key": "a", "Value": "b"}], "none"])
def test_tags_of_another_form_do_no_harm(tags: Any) -> None:
    hint = read_hint(json.dumps(event(Tags=tags)), list_event_types())
    assert hint is not None


def test_an_event_about_something_else_is_no_hint() -> None:
    other = event() | {"detail-type": "SageMaker Training Job State Change", "detail": {}}
    assert read_hint(json.dumps(other), list_event_types()) is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        json.dumps({"detail-type": PROCESSING.event_detail_type}),
        json.dumps(event(ProcessingJobName="")),
        json.dumps(event(ProcessingJobName=7)),
        json.dumps(event(ProcessingJobArn="steel-1")),
        json.dumps(event() | {"detail": None}),
    ],
)
def test_a_message_that_is_no_event_is_named_malformed(body: str) -> None:
    with pytest.raises(MalformedEventError):
        read_hint(body, list_event_types())
