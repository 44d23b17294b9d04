"""Reasons of conditions beside those of answers and of runs: stable words for automation."""

from __future__ import annotations

from enum import StrEnum


class ConditionReason(StrEnum):
    """Why a condition is as it is; `argmin.api.outcome.Reason` and `RunReason` have the rest."""

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
    COMPLETE = "Complete"
    FAILED = "Failed"
    ANSWER_MISSING = "AnswerMissing"
    NOT_CHECKED = "NotChecked"
    NO_ANSWER = "NoAnswer"
