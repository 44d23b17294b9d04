"""Numbers as text, and the tolerances by which answers are judged."""

from argmin_solvers.numerics.decimals import (
    NOISE,
    decimal_text,
    exact_sum,
    gap_text,
    is_noise,
    relative_gap,
)
from argmin_solvers.numerics.tolerances import (
    BETTER_TOLERANCE,
    CLAIM_TOLERANCE,
    EVALUATION_TOLERANCE,
    FEASIBILITY_TOLERANCE,
    INTEGRALITY_TOLERANCE,
    OBJECTIVE_TOLERANCE,
    PROOF_TOLERANCE,
    ROUNDING_SHARE,
    SCALE_LIMIT,
    SMALL_OBJECTIVE,
    is_small_objective,
    limit_scale,
    objective_unit,
)

__all__ = [
    "BETTER_TOLERANCE",
    "CLAIM_TOLERANCE",
    "EVALUATION_TOLERANCE",
    "FEASIBILITY_TOLERANCE",
    "INTEGRALITY_TOLERANCE",
    "NOISE",
    "OBJECTIVE_TOLERANCE",
    "PROOF_TOLERANCE",
    "ROUNDING_SHARE",
    "SCALE_LIMIT",
    "SMALL_OBJECTIVE",
    "decimal_text",
    "exact_sum",
    "gap_text",
    "is_noise",
    "is_small_objective",
    "limit_scale",
    "objective_unit",
    "relative_gap",
]
