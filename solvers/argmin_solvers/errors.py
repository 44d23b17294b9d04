"""How a run fails: one exception with a reason, a message for people, and the exit code."""

from __future__ import annotations

from argmin.api.answer import ExitCode, Reason

EXIT_CODES: dict[Reason, int] = {
    Reason.INVALID_MODEL: ExitCode.INVALID_INPUT,
    Reason.UNSUPPORTED: ExitCode.INVALID_INPUT,
    Reason.UNKNOWN_OPTION: ExitCode.INVALID_INPUT,
    Reason.SOURCE_NOT_FOUND: ExitCode.INVALID_INPUT,
    Reason.MODEL_FAILED: ExitCode.PROGRAM_FAILED,
    Reason.PROGRAM_FAILED: ExitCode.PROGRAM_FAILED,
    Reason.SOLVER_FAILED: ExitCode.SOLVER_FAILED,
    Reason.WRONG_ANSWER: ExitCode.INVALID_INPUT,  # it would be found again
    Reason.ANSWER_TOO_LARGE: ExitCode.ANSWER_TOO_LARGE,
    Reason.UNDELIVERED: ExitCode.UNDELIVERED,
    Reason.INTERRUPTED: ExitCode.INTERRUPTED,
    Reason.TRANSFER_FAILED: ExitCode.TRANSFER_FAILED,
}


class RunError(Exception):
    """The run ends without an answer.

    Args:
        reason: one of the keys of `EXIT_CODES`.
        message: says what is wrong and where, in the user's words: files, lines, fields.
        permanent: whether a rerun would end the same although failures of this reason may pass.
    """

    def __init__(self, reason: Reason, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.permanent = permanent

    @property
    def exit_code(self) -> int:
        """The exit code of the run contract."""
        return ExitCode.INVALID_INPUT if self.permanent else EXIT_CODES[self.reason]


_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NameError, NotImplementedError,
    RecursionError, TypeError,
)  # fmt: skip


def is_fault(error: BaseException | None) -> bool:
    """Whether an error is a fault of the program, which a rerun would end with again.

    Those of files, memory and of data that was cut short may pass.
    """
    return isinstance(error, _FAULTS)


_LIBRARIES = ("highspy", "ortools", "pulp", "pyomo")


def is_model_fault(error: BaseException) -> bool:
    """Whether a user's Python model would raise this again: a fault, a module that is missing, or
    what a modelling library refuses, with an error of its own or with one of Python's."""
    if is_fault(error) or isinstance(error, ImportError):
        return True
    raisers = [type(error).__module__]
    trace = error.__traceback__
    while trace is not None:
        raisers[1:] = [str(trace.tb_frame.f_globals.get("__name__", ""))]
        trace = trace.tb_next
    return any(raiser.partition(".")[0] in _LIBRARIES for raiser in raisers)


class SolverBrokeError(RunError):
    """The solver itself broke down: another way to run it may succeed where this one cannot."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.SOLVER_FAILED, message)
