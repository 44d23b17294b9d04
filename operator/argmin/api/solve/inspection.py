"""The inspection of an answer of any origin: what is asked of it, and what it found."""

from __future__ import annotations

from pydantic import Field

from argmin.api.answer import Outcome, Sense, Verification
from argmin.api.base import ApiModel
from argmin.api.scalars import DecimalText
from argmin.api.solve.proof import Proof
from argmin.api.task import SolveTask


class InspectionRequest(ApiModel):
    """An answer that is to be held against its model."""

    model: SolveTask
    solution: str = Field(description="Path of the file with the answer.")
    proof: str | None = Field(default=None, description="Path of a proof.json.")


class Inspection(ApiModel):
    """What was found."""

    holds: bool = Field(description="Whether the answer, and its proof if one is given, hold.")
    outcome: Outcome = Field(description="What the answer says, or what its proof proves.")
    sense: Sense | None = None
    objective: DecimalText | None = Field(
        default=None, description="As computed from the values, exactly and rounded once."
    )
    verification: Verification
    proof: Proof | None = None
    notes: tuple[str, ...] = Field(default=(), description="What is worth knowing beside that.")


class InspectionReport(ApiModel):
    """What an inspecting process hands back: what it found, or why it could not look."""

    found: Inspection | None = None
    problem: str | None = Field(
        default=None, description="What is wrong with model, answer or proof."
    )
