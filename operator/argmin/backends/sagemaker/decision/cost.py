"""Instance seconds and estimated cost of a run's attempts; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from argmin.api.backend import AttemptStatus, SageMakerStatus
from argmin.api.scalars import to_decimal
from argmin.backends.attempts import is_over
from argmin.backends.defaults import Prices

_STEP = timedelta(minutes=10)
_CENTIMES = Decimal("0.0001")


def add_cost(
    status: SageMakerStatus,
    attempts: Iterable[AttemptStatus],
    prices: Prices,
    now: datetime | None = None,
) -> SageMakerStatus:
    """The status with the seconds of all attempts up to now, and their estimated cost.

    A running attempt counts in steps of ten minutes, to avoid frequent writes of the status.
    """
    count = status.instance_count or 1
    seconds = sum(_count_seconds(attempt, now) for attempt in attempts) * count
    price = prices.per_hour.get(status.instance_type or "")
    cost = to_decimal(price) * seconds / 3600 if price is not None else None
    return status.model_copy(
        update={
            "instance_seconds": seconds,
            "estimated_cost": _write(cost),
            "currency": prices.currency if cost is not None else None,
        }
    )


def _write(cost: Decimal | None) -> str | None:
    return None if cost is None else str(cost.quantize(_CENTIMES, ROUND_HALF_UP))


def _count_seconds(attempt: AttemptStatus, now: datetime | None) -> int:
    if attempt.start_time is None:
        return 0
    if attempt.finish_time is not None:
        return max(0, math.ceil((attempt.finish_time - attempt.start_time).total_seconds()))
    if now is None or is_over(attempt):
        return 0
    return max(0, (now - attempt.start_time) // _STEP) * _STEP.seconds
