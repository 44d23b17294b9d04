"""What a solver is asked, and what argmin tells: the words between the hunt and its workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from tests.hunt.writing import Format


@dataclass(frozen=True)
class Question:
    """One solver, by the name under which it is told of."""

    solver: str
    options: Mapping[str, str | int] = field(default_factory=dict)
    label: str = ""
    enumerate_all: bool = False

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.label or self.solver


@dataclass(frozen=True)
class Task:
    """One model file, and who is asked for its answer, one after another."""

    format: Format
    text: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Claim:
    """An outcome with its objective and bound."""

    outcome: Outcome
    objective: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Told:
    """What argmin tells of a model, and the word of the solver behind it.

    `claim` is what the solver itself said, None where it said nothing. `level` is that of the
    proof; `refused` that argmin did not take the model to this solver; `enumerated` that
    `solutions` are all there are.
    """

    solver: str
    outcome: Outcome
    reason: str
    message: str = ""
    objective: float | None = None
    bound: float | None = None
    values: Mapping[str, float] | None = None
    claim: Claim | None = None
    level: ProofLevel | None = None
    by: str = ""
    solutions: int | None = None
    refused: bool = False
    enumerated: bool = False
    seconds: float = 0.0

    @property
    def answer(self) -> Claim:
        """Its outcome with objective and bound."""
        return Claim(self.outcome, self.objective, self.bound)

    def describe(self) -> str:
        """One line of it."""
        level = f" [{self.level}{' by ' + self.by if self.by else ''}]" if self.level else ""
        number = "" if self.objective is None else f" {self.objective!r}"
        claim = ""
        if self.claim is not None and self.claim.outcome is not self.outcome:
            claim = f"; the solver said {self.claim.outcome} {self.claim.objective}"
        return f"{self.solver}: {self.outcome}{number}{level}{claim} ({self.message[:160]})"


class Asker(Protocol):
    """Whoever has models solved."""

    def ask(self, task: Task) -> list[Told]:
        """The answer to each question of a task, in order; a crash or a hang is told as such."""
        ...
