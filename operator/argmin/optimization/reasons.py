"""Reasons of conditions in addition to those of answers and runs; stable for automation."""

from __future__ import annotations

from enum import StrEnum


class ConditionReason(StrEnum):
    """Reason of a condition; `Reason`, `RunReason` and `LifeReason` have the others."""

    ABANDONED = "Abandoned"
    NOT_SUSPENDED = "NotSuspended"
    NOT_FINISHED = "NotFinished"
    NOT_STALLED = "NotStalled"
    FINISHED = "Finished"
    STALLED = "Stalled"
    STATUS_UNREADABLE = "StatusUnreadable"
    COMPLETE = "Complete"
    FAILED = "Failed"
    NOT_CHECKED = "NotChecked"
    NO_ANSWER = "NoAnswer"
