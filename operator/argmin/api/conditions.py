"""Conditions as a list-map by type, whose transition time moves only when the status flips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from argmin.api.meta import Condition, ConditionStatus
from argmin.api.text import clean

COMPLETE = "Complete"
FAILED = "Failed"
SUSPENDED = "Suspended"
VERIFIED = "Verified"
READY = "Ready"
RECONCILING = "Reconciling"
STALLED = "Stalled"


def find_condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """The condition of a type, or `None`."""
    return next((c for c in conditions if c.type == kind), None)


def is_true(conditions: Iterable[Condition], kind: str) -> bool:
    """Whether the condition is there and `True`."""
    found = find_condition(conditions, kind)
    return found is not None and found.status is ConditionStatus.TRUE


def is_finished(status: Mapping[str, Any] | None) -> bool:
    """Whether a status as it stands on the wire says Complete or Failed.

    What cannot be read says neither.
    """
    listed = (status or {}).get("conditions")
    return isinstance(listed, list) and any(
        isinstance(c, dict) and c.get("type") in (COMPLETE, FAILED) and c.get("status") == "True"
        for c in listed
    )


def set_condition(
    conditions: tuple[Condition, ...],
    wanted: Condition,
) -> tuple[Condition, ...]:
    """The conditions with `wanted` in the place of its type, in a stable order.

    The transition time of `wanted` is used only where the status differs from what was there.
    """
    before = find_condition(conditions, wanted.type)
    if before is not None and before.status is wanted.status:
        wanted = wanted.model_copy(update={"last_transition_time": before.last_transition_time})
    others = [c for c in conditions if c.type != wanted.type]
    return tuple(sorted([*others, wanted], key=lambda c: c.type))


def condition(
    kind: str,
    holds: bool | None,
    reason: str,
    message: str,
    now: datetime,
    generation: int | None = None,
) -> Condition:
    """A condition; `holds=None` means unknown."""
    status = {
        True: ConditionStatus.TRUE,
        False: ConditionStatus.FALSE,
        None: ConditionStatus.UNKNOWN,
    }[holds]
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=clean(message),
        last_transition_time=now,
        observed_generation=generation,
    )
