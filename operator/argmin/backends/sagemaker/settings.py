"""The settings of a process for SageMaker, from its environment; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from argmin.api.backend import SageMakerBackend
from argmin.aws.rate_limit import Rates
from argmin.backends.environment import JSON_TEXT
from argmin.backends.sagemaker.connection import DelegationSettings


class SageMakerSettings(BaseModel):
    """Each field names its environment variable."""

    default_sage_maker: Annotated[SageMakerBackend, JSON_TEXT] = Field(
        default_factory=SageMakerBackend, alias="ARGMIN_SAGEMAKER_DEFAULTS"
    )
    event_queue_url: str = Field(default="", alias="ARGMIN_EVENT_QUEUE_URL")
    """SQS queue with the state changes of SageMaker jobs."""
    aws_threads: int = Field(default=16, ge=1, le=64, alias="ARGMIN_AWS_THREADS")
    """Calls to AWS at once."""
    aws_reads_per_second: float = Field(
        default=2.0, gt=0, le=100, alias="ARGMIN_AWS_READS_PER_SECOND"
    )
    """SageMaker's Describe and List, each, for one account and region."""
    aws_writes_per_second: float = Field(
        default=2.0, gt=0, le=100, alias="ARGMIN_AWS_WRITES_PER_SECOND"
    )
    sage_maker_poll_seconds: float = Field(
        default=30.0, ge=1, le=600, alias="ARGMIN_SAGEMAKER_POLL_SECONDS"
    )
    """Polling interval of a young job without events.

    Other pauses follow from it: see `argmin.backends.sagemaker.polling`.
    """

    @property
    def delegation(self) -> DelegationSettings:
        """Settings of the connection."""
        return DelegationSettings(
            queue_url=self.event_queue_url,
            shortest_pause=timedelta(seconds=self.sage_maker_poll_seconds),
            threads=self.aws_threads,
            rates=Rates(reads=self.aws_reads_per_second, writes=self.aws_writes_per_second),
        )
