"""Reasons that the rules of a run's life give; stable for automation."""

from __future__ import annotations

from enum import StrEnum


class LifeReason(StrEnum):
    """Why a run stands where it stands; `argmin.api.answer.Reason` and `RunReason` have others."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    RETRYING = "Retrying"
    STOPPING = "Stopping"
    SUSPENDED = "Suspended"
    ANSWER_MISSING = "AnswerMissing"
    POLICY_VIOLATION = "PolicyViolation"
