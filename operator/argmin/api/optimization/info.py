"""The registration of OptimizationJob."""

from __future__ import annotations

from argmin.api.conditions import VERIFIED
from argmin.api.kind_info import Column, Gauge, KindInfo, Lifecycle
from argmin.api.optimization.spec import KIND, PLURAL, SHORT_NAME, OptimizationJob

_VERIFIED = f".status.conditions[?(@.type=='{VERIFIED}')].status"

OPTIMIZATION_JOB = KindInfo(
    name=KIND,
    plural=PLURAL,
    short_name=SHORT_NAME,
    model=OptimizationJob,
    columns=(
        Column("State", "string", ".status.state", "Where the job stands."),
        Column("Outcome", "string", ".status.outcome", "What is known about the model."),
        Column("Objective", "string", ".status.objective", "Value of the best solution."),
        Column("Proof", "string", ".status.proof.level", "How well the answer is proven."),
        Column("Gap", "string", ".status.gap", "Relative distance of objective and bound."),
        Column("Solutions", "integer", ".status.solutions", "Solutions found."),
        Column("Solver", "string", ".status.solver", "The solver that answered."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since creation."),
        Column("Bound", "string", ".status.bestBound", "Best proven bound.", wide=True),
        Column("Seconds", "string", ".status.solveSeconds", "Time of the search.", wide=True),
        Column(
            "Verified",
            "string",
            _VERIFIED,
            "Whether the answer was checked against the model, and is right.",
            wide=True,
        ),
    ),
    lifecycle=Lifecycle.BOUNDED,
    gauges=(
        Gauge(
            "argmin_solve_objective",
            "Objective of the incumbent of a search that runs.",
            ("progress", "objective"),
        ),
        Gauge(
            "argmin_solve_bound",
            "Best proven bound of a search that runs.",
            ("progress", "bestBound"),
        ),
        Gauge(
            "argmin_solve_gap_ratio",
            "Relative gap of a search that runs: 0.01 is 1 %.",
            ("progress", "gap"),
        ),
    ),
)
