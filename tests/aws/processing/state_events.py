"""State changes, and the events of EventBridge that tell them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.aws.processing.jobs import STOPPING, ProcessingJob
from tests.aws.server.world import World
from tests.aws.services.events import publish


def mark_stopping(job: ProcessingJob, world: World) -> None:
    """The job is told to end, by somebody or because its time is up."""
    job.status = STOPPING
    job.modified = datetime.now(UTC)
    publish_state(job, world)


def publish_state(job: ProcessingJob, world: World) -> None:
    """Tell EventBridge the state of a job, with times in milliseconds as AWS writes them."""
    detail = {key: _in_milliseconds(value) for key, value in job.describe().items()}
    publish(
        world,
        account=job.account,
        region=job.region,
        source="aws.sagemaker",
        detail_type="SageMaker Processing Job State Change",
        resources=[job.arn],
        detail=detail,
    )


def _in_milliseconds(value: Any) -> Any:
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value
