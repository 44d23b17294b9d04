"""State changes as EventBridge events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.aws.processing.jobs import ProcessingJob
from tests.aws.server.world import World
from tests.aws.services.events import publish


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
