"""How a run fails: one exception with a reason, a message for people, and the exit code."""

from __future__ import annotations

from argmin.api.outcome import ExitCode, Reason

EXIT_CODES: dict[Reason, int] = {
    Reason.INVALID_MODEL: ExitCode.INVALID_INPUT,
    Reason.UNSUPPORTED: ExitCode.INVALID_INPUT,
    Reason.UNKNOWN_OPTION: ExitCode.INVALID_INPUT,
    Reason.SOURCE_NOT_FOUND: ExitCode.INVALID_INPUT,
    Reason.MODEL_FAILED: ExitCode.PROGRAM_FAILED,
    Reason.PROGRAM_FAILED: ExitCode.PROGRAM_FAILED,
    Reason.SOLVER_FAILED: ExitCode.SOLVER_FAILED,
    Reason.WRONG_ANSWER: ExitCode.SOLVER_FAILED,
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
