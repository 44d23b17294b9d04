"""Every tolerance by which an answer is judged; docs/user-guide/verification.md explains them.

A number of the model is taken exactly as it is written, a number of the solution exactly as the
double that it is. What is left to tolerate is what solvers allow themselves.
"""

from __future__ import annotations

FEASIBILITY_TOLERANCE = 1e-6
"""How far a constraint or a bound may be violated, relative to its scale.

The scale of a constraint is the largest of 1, the side that is violated, less a constant that the
constraint contains, and its linear terms; that of a bound is the larger of 1 and the bound. Nothing
is tolerated where only whole numbers are added up: for a constraint with whole numbers on integer
variables, and for the bounds of integer variables, the scale is 1.
"""

SCALE_LIMIT = 1e4
"""No scale of a constraint or a bound is larger: a large number makes none meaningless."""

ROUNDING_SHARE = 1e-7
"""But for this share of the scale itself: numbers that large are doubles that near each other."""

INTEGRALITY_TOLERANCE = 1e-5
"""How far an integer variable may be from an integer, absolute; it is rounded before the check."""

PROOF_TOLERANCE = 1e-6
"""Objective and bound meet within this, times the unit: the solvers' optimality tolerance."""

SMALL_OBJECTIVE = 1e-3
"""An objective all of whose terms are smaller has a unit below 1: the largest of its terms."""

CLAIM_TOLERANCE = 1e-5
"""How far, relatively, a solver's objective may be from the one its values give."""

OBJECTIVE_TOLERANCE = 1e-9
"""How far the reported objective may be from the recomputed one, relative to its scale.

The scale is the largest of 1, the objective and its terms. Both come from the same values: what
differs is the rounding of two summations.
"""

EVALUATION_TOLERANCE = 1e-6
"""The same where the objective is evaluated in doubles, relative to the larger of 1 and it."""

BETTER_TOLERANCE = 1e-6
"""How much better another point must be to refute a proof, relative to the larger of the unit and
the objective: below it a solver may stop."""


def limit_scale(scale: float) -> float:
    """What a violation on this scale is divided by."""
    return min(scale, SCALE_LIMIT) + ROUNDING_SHARE * scale


def is_small_objective(largest: float) -> bool:
    """Whether an objective whose largest coefficient or term this is counts as small."""
    return 0 < largest < SMALL_OBJECTIVE


def objective_unit(largest: float) -> float:
    """What absolute tolerances of an objective are multiplied with, given its largest term.

    The unit is 1 but for small objectives: beside those, 1e-6 may be all there is.
    """
    return largest if is_small_objective(largest) else 1.0
