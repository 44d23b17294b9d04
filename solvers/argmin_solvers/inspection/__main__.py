"""`python -m argmin_solvers.inspection REQUEST REPORT`: inspects one answer, from file to file."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from argmin.api.solve.inspection import InspectionReport, InspectionRequest
from argmin_solvers.errors import RunError
from argmin_solvers.inspection.inspector import inspect_answer
from argmin_solvers.verify.base import UncheckableError


def main() -> int:
    """Inspect; what the user's model prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C is told by the command that waits
    request, report = map(Path, sys.argv[1:3])
    sys.stdout = sys.stderr
    asked = InspectionRequest.model_validate_json(request.read_bytes())
    report.write_text(_inspect(asked).model_dump_json(by_alias=True, exclude_none=True))
    return 0


def _inspect(asked: InspectionRequest) -> InspectionReport:
    try:
        return InspectionReport(found=inspect_answer(asked))
    except (RunError, UncheckableError) as failure:
        return InspectionReport(problem=failure.message)


if __name__ == "__main__":
    sys.exit(main())
