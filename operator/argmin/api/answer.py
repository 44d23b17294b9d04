"""What a run found, and the final answer it reports."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from argmin.api.base import ApiModel
from argmin.api.scalars import Count, DecimalText, ShortName
from argmin.api.solve.proof import Proof
from argmin.api.storage import StoredResult

METRICS_LIMIT = 256
"""Metrics that an answer and a status have; a solution.json has as many as were told."""
OUTPUTS_LIMIT = 16


class Outcome(StrEnum):
    """What is known about the model. An outcome is not success: `Infeasible` is an answer."""

    OPTIMAL = "Optimal"
    FEASIBLE = "Feasible"  # a solution without proof: a limit stopped it, or it is a local optimum
    INFEASIBLE = "Infeasible"
    UNBOUNDED = "Unbounded"
    UNKNOWN = "Unknown"
    ERROR = "Error"


class Sense(StrEnum):
    """Direction of the objective."""

    MINIMIZE = "Minimize"
    MAXIMIZE = "Maximize"


class Reason(StrEnum):
    """Why a run ended as it did: the reasons of the conditions, stable for automation."""

    OPTIMAL = "Optimal"
    INFEASIBLE = "Infeasible"
    UNBOUNDED = "Unbounded"
    PROGRAM_FINISHED = "ProgramFinished"  # a script ended with 0
    TIME_LIMIT = "TimeLimit"
    GAP_LIMIT = "GapLimit"
    SOLUTION_LIMIT = "SolutionLimit"
    INTERRUPTED = "Interrupted"
    LOCALLY_OPTIMAL = "LocallyOptimal"  # a nonlinear solver converged; no bound proves the rest
    SOLVER_STOPPED = "SolverStopped"  # it gave up without a proof
    BETTER_POINT_KNOWN = "BetterPointKnown"  # a second solver found a better one: it is the answer
    SOLVERS_DISAGREE = "SolversDisagree"  # two solvers contradict each other; nothing settles it
    INVALID_MODEL = "InvalidModel"  # malformed, NaN, returned nothing
    MODEL_FAILED = "ModelFailed"  # the user's Python model raised
    UNSUPPORTED = "UnsupportedModel"  # the solver cannot take this model
    UNKNOWN_OPTION = "UnknownOption"
    SOURCE_NOT_FOUND = "SourceNotFound"
    PROGRAM_FAILED = "ProgramFailed"  # a script ended with another code
    SOLVER_FAILED = "SolverFailed"
    ANSWER_TOO_LARGE = "AnswerTooLarge"
    UNDELIVERED = "AnswerUndelivered"
    WRONG_ANSWER = "WrongAnswer"  # the solver's answer violates the model it was given
    UNVERIFIED = "Unverified"  # a solver calls it optimal, and nothing could check it
    TRANSFER_FAILED = "TransferFailed"  # an input or output could not be moved to or from its store


CONTRADICTIONS = (Reason.BETTER_POINT_KNOWN, Reason.SOLVERS_DISAGREE)
"""Two solvers contradict each other: an answer all the same, told with a warning, never retried."""


class ExitCode:
    """Exit codes of the runner: part of the run contract, documented in docs/run-contract.md."""

    OK = 0
    INVALID_INPUT = 10  # the model, an option, the document, a wrong answer: a rerun ends the same
    PROGRAM_FAILED = 11  # the user's script or Python model failed: retried up to backoffLimit
    SOLVER_FAILED = 12  # the solver crashed: retried up to backoffLimit
    ANSWER_TOO_LARGE = 13  # never retried
    UNDELIVERED = 14  # nobody took the answer in time: retried up to backoffLimit
    INTERRUPTED = 15  # SIGTERM before any feasible answer
    TRANSFER_FAILED = 16  # an input or output could not be moved: retried up to backoffLimit

    PERMANENT = (INVALID_INPUT, ANSWER_TOO_LARGE)


class Metric(ApiModel):
    """A number that a script reported or that a pattern found in its output."""

    name: Annotated[str, Field(max_length=63)] = Field(description="Name of the metric.")
    value: DecimalText = Field(description="Its last value.")


class OutputFile(ApiModel):
    """What was kept of one output of the run."""

    name: ShortName = Field(description="Name of the output in spec.outputs.")
    files: Count = Field(default=0, description="Number of files.")
    bytes: Count = Field(default=0, description="Size of all its files together, in bytes.")
    digest: Annotated[str, Field(max_length=80)] = Field(
        default="",
        description="SHA-256 over name, size and digest of each file; equal for equal contents.",
    )


class Checked(ApiModel):
    """How much of the model a verification looked at."""

    variables: Count = Field(default=0, description="Number of variables of the model.")
    constraints: Count = Field(default=0, description="Number of constraints of the model.")
    solutions: Count = Field(
        default=0, description="Number of solutions checked: more than one of a solution pool."
    )


class Verification(ApiModel):
    """What the check of an answer found, apart from the solver that gave it."""

    verified: bool | None = Field(
        default=None,
        description="Whether the answer satisfies the model; absent where that cannot be checked,"
        " and reason says why.",
    )
    reason: Annotated[str, Field(max_length=63)] = Field(
        description="Result of the check in one CamelCase word, such as Verified or"
        " ConstraintViolated; also the reason of condition Verified."
    )
    message: Annotated[str, Field(max_length=512)] = Field(
        default="", description="The same for people, with figures."
    )
    largest_violation: DecimalText | None = Field(
        default=None,
        description="Largest violation of a constraint, bound or integrality, relative to the size"
        " of what is compared; 0 where there is none.",
    )
    where: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="Constraint or variable with the largest violation."
    )
    checked: Checked = Field(
        default_factory=Checked, description="How much of the model and answer was checked."
    )


class SolveResult(ApiModel):
    """What a solve, or a program that solves, found."""

    kind: Literal["solve"] = "solve"
    outcome: Outcome
    sense: Sense | None = None
    objective: DecimalText | None = None
    best_bound: DecimalText | None = None
    gap: DecimalText | None = None
    solver: Annotated[str, Field(max_length=63)] | None = None
    solver_version: Annotated[str, Field(max_length=63)] | None = None
    nodes: Count | None = None
    solutions: Count | None = None
    solve_seconds: DecimalText | None = None
    model_digest: Annotated[str, Field(max_length=80)] | None = None
    verification: Verification | None = None
    proof: Proof | None = None


class _Ending(ApiModel):
    """What every run reports of its end."""

    reason: Reason
    message: Annotated[str, Field(max_length=1024)] = ""
    seed: Annotated[int, Field(ge=-(2**53), le=2**53)] | None = None
    threads: Count | None = None
    result_digest: Annotated[str, Field(max_length=80)] | None = None
    metrics: tuple[Metric, ...] = ()


class SolutionHead(SolveResult, _Ending):
    """A solution.json without its values: the result and the end of its run, side by side."""


class RunReport(_Ending):
    """The final answer of a run, as its termination message carries it (JSON, under 4096 bytes).

    Of a run whose result was not delivered, `result` has it all the same, and `reason` the cause.
    """

    succeeded: bool = Field(description="Whether the run ended with exit code 0.")
    result: SolveResult | None = Field(
        default=None, description="What was found; absent where the run failed before."
    )
    outputs: tuple[OutputFile, ...] = ()
    delivered: bool = Field(
        default=False, description="Whether the solution and outputs were handed over."
    )
    stored: StoredResult | None = Field(
        default=None, description="Where they are, if that is an object store."
    )
    shortened: bool | None = Field(
        default=None,
        description="Whether something is left out here, for want of room, that answer.json has or,"
        " of very many metrics, solution.json.",
    )

    @property
    def solve(self) -> SolveResult:
        """The result of a solve; its outcome is `Error` where there is none."""
        return self.result or SolveResult(outcome=Outcome.ERROR)

    @property
    def has_result(self) -> bool:
        """Whether something was found, delivered or not."""
        return self.solve.outcome is not Outcome.ERROR

    def with_result(self, **changes: Any) -> RunReport:
        """The report with fields of its result changed."""
        return self.model_copy(update={"result": self.solve.model_copy(update=changes)})

    def fit_status(self) -> RunReport:
        """The report with no more metrics and outputs than a status takes: the first ones."""
        cut = {
            "metrics": self.metrics[:METRICS_LIMIT],
            "outputs": self.outputs[:OUTPUTS_LIMIT],
        }
        if (self.metrics, self.outputs) == tuple(cut.values()):
            return self
        return self.model_copy(update={**cut, "shortened": True})
