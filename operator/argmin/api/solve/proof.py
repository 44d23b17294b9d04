"""How well an answer is proven: what a job asks for, and what its answer reached."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.scalars import DecimalText, Duration
from argmin.api.solve.solvers import SolverName


class ProofLevel(StrEnum):
    """What stands behind an answer, the strongest first."""

    CERTIFIED = "Certified"  # a certificate was checked in exact arithmetic
    CROSS_CHECKED = "CrossChecked"  # a solver of another family found nothing better
    CLAIMED = "Claimed"  # the solver's word


class Proof(ApiModel):
    """How well an answer is proven."""

    level: ProofLevel = Field(
        description="Certified: a certificate was checked in exact arithmetic. CrossChecked: a"
        " solver of another family found nothing better. Claimed: only the solver says so."
    )
    by: Annotated[str, Field(max_length=63)] | None = Field(
        default=None,
        description="Kind of the certificate, or name and version of the second solver.",
    )
    bound: DecimalText | None = Field(
        default=None,
        description="Bound on the objective that is proven at this level, rounded outwards; absent"
        " where none is.",
    )
    seconds: DecimalText | None = Field(
        default=None, description="Time of the proof, in seconds, after the search has ended."
    )
    message: Annotated[str, Field(max_length=512)] = Field(
        default="", description="What was proven, or why the level is not a higher one."
    )


class ProofRequest(ApiModel):
    """How well the answer is to be proven; left out, as well as the default time allows."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.level) && self.level == 'Claimed'"
            " && (has(self.time) || has(self.solver)))",
            message="proof.level: Claimed takes the solver's word and looks no further: remove"
            " proof.time and proof.solver, or ask for CrossChecked",
            holds=lambda p: (
                p.level is not ProofLevel.CLAIMED or (p.time is None and p.solver is None)
            ),
        ),
        Rule(
            cel="!(has(self.level) && self.level == 'Certified' && has(self.solver))",
            message="proof.level: Certified asks no second solver: remove proof.solver, or ask for"
            " CrossChecked",
            holds=lambda p: p.level is not ProofLevel.CERTIFIED or p.solver is None,
        ),
        Rule(
            cel="!(has(self.solver) && self.solver == 'ipopt')",
            message="proof.solver: ipopt proves no global bound: choose highs, scip, cbc, glpk,"
            " scipy or cp-sat",
            holds=lambda p: p.solver is not SolverName.IPOPT,
        ),
    )

    level: ProofLevel | None = Field(
        default=None,
        description="Level to try for. Certified: a certificate only. CrossChecked, the default: a"
        " certificate, else a second solver. Claimed: neither. Where the level is not reached, the"
        " outcome stays and status.proof.message says why.",
    )
    time: Duration | None = Field(
        default=None,
        description="Time limit of the proof, such as 2m; if left out, the larger of 5s and a"
        " fifth of the time of the search.",
    )
    solver: SolverName | None = Field(
        default=None,
        description="Second solver, of another family than the first; chosen by the model if left"
        " out.",
    )
