"""Which places in object stores SageMaker itself can reach, and which only the runner; pure."""

from __future__ import annotations

from argmin.api.backend import SageMakerBackend
from argmin.api.storage import S3Bucket


def is_elsewhere(place: S3Bucket, settings: SageMakerBackend) -> bool:
    """Whether a place is not in Amazon S3 of the job's own region: the runner has to go there."""
    is_abroad = place.region is not None and settings.region not in (None, place.region)
    return place.endpoint is not None or is_abroad
