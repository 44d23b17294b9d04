"""What the attempts of a run have used, and what that may cost; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from argmin.api.backend import SageMakerStatus
from argmin.api.common import to_decimal
from argmin.api.jobstatus import RunStatus
from argmin.backends.attempts import is_over
from argmin.backends.run import Prices

_CENTIMES = Decimal("0.0001")


def account(
    status: SageMakerStatus, attempts: Iterable[RunStatus], prices: Prices
) -> SageMakerStatus:
    """The status with the seconds of all attempts that are over, and their estimated cost."""
    count = status.instance_count or 1
    seconds = sum(_count_seconds(attempt) for attempt in attempts if is_over(attempt)) * count
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


def _count_seconds(attempt: RunStatus) -> int:
    if attempt.start_time is None or attempt.finish_time is None:
        return 0
    return max(0, math.ceil((attempt.finish_time - attempt.start_time).total_seconds()))
