"""Reasons of conditions in addition to those of answers and runs; stable for automation."""

from __future__ import annotations

from enum import StrEnum


class ConditionReason(StrEnum):
    """Reason of a condition; `argmin.api.answer.Reason` and `RunReason` have the others."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    RETRYING = "Retrying"
    STOPPING = "Stopping"
    ABANDONED = "Abandoned"
    SUSPENDED = "Suspended"
    NOT_SUSPENDED = "NotSuspended"
    NOT_FINISHED = "NotFinished"
    NOT_STALLED = "NotStalled"
    FINISHED = "Finished"
    STALLED = "Stalled"
    STATUS_UNREADABLE = "StatusUnreadable"
    COMPLETE = "Complete"
    FAILED = "Failed"
    ANSWER_MISSING = "AnswerMissing"
    NOT_CHECKED = "NotChecked"
    NO_ANSWER = "NoAnswer"
