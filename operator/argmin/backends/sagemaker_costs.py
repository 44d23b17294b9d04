"""What the attempts of a run have used, and what that may cost; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from argmin.api.backend import SageMakerStatus
from argmin.api.common import to_decimal
from argmin.api.jobstatus import RunStatus
from argmin.backends.attempts import is_over
from argmin.backends.run import Prices

_STEP = timedelta(minutes=10)
_CENTIMES = Decimal("0.0001")


def account(
    status: SageMakerStatus,
    attempts: Iterable[RunStatus],
    prices: Prices,
    now: datetime | None = None,
) -> SageMakerStatus:
    """The status with the seconds of all attempts up to now, and their estimated cost.

    An attempt that runs `now` counts in steps of ten minutes: not each second is worth a write.
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


def _count_seconds(attempt: RunStatus, now: datetime | None) -> int:
    if attempt.start_time is None:
        return 0
    if attempt.finish_time is not None:
        return max(0, math.ceil((attempt.finish_time - attempt.start_time).total_seconds()))
    if now is None or is_over(attempt):
        return 0
    return max(0, (now - attempt.start_time) // _STEP) * _STEP.seconds
