"""The result of a run: the answer, and its solution."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from argmin.api.answer import ExitCode, RunReport
from argmin.api.progress import HistoryPoint
from argmin_solvers.errors import RunError
from argmin_solvers.numerics import decimal_text
from argmin_solvers.text import shorten

SOLUTION_VERSION = 1


@dataclass(frozen=True)
class RunResult:
    """The answer with the values behind it.

    `variables` are those of the best solution, `pool` those of each solution of an enumeration;
    a variable that is not listed is zero. `history` is the course of the search, `certificate` the
    content of proof.json.
    """

    answer: RunReport
    exit_code: int = 0
    variables: Mapping[str, float] | None = None
    pool: tuple[Mapping[str, float], ...] = field(default=())
    history: tuple[HistoryPoint, ...] = field(default=())
    certificate: Mapping[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether the run ended without an answer."""
        return not self.answer.has_result

    @property
    def withheld(self) -> bool:
        """Whether there is an answer that cannot be delivered."""
        return not self.failed and self.exit_code != ExitCode.OK


def failed_run(failure: RunError) -> RunResult:
    """The result of a run that ended without an answer."""
    answer = RunReport(
        succeeded=False, reason=failure.reason, message=shorten(failure.message, 1024)
    )
    return RunResult(answer, failure.exit_code)


def withhold(result: RunResult, failure: RunError) -> RunResult:
    """The result of a run that has an answer and cannot deliver it.

    The answer still says what was found, beside the reason for which the run fails.
    """
    answer = result.answer.model_copy(
        update={
            "succeeded": False,
            "reason": failure.reason,
            "message": shorten(failure.message, 1024),
            "delivered": False,
        }
    )
    return replace(result, answer=answer, exit_code=failure.exit_code)


def solution_document(name: str, result: RunResult) -> dict[str, Any]:
    """The content of `solution.json`.

    ```
    {"version": 1, "name": "american-steel",
     "outcome": "Optimal", "reason": "Optimal", "sense": "Minimize",
     "objective": "15005.0", "bestBound": "15005.0", "gap": "0", ...   as in the status
     "variables": {"flow_Chicago_Gary": 4000.0, ...},                  absent without a solution
     "solutions": [{...}, ...],                                        enumerations only
     "history": [{"seconds": 0.2, "objective": 15500.0, "bestBound": 14000.0}, ...]}
    ```
    Numbers of the status are exact decimal text, values of variables JSON numbers. Variables
    that are not listed are zero.
    """
    report, found = result.answer.to_wire(), result.answer.solve.to_wire()
    fields = found | report
    for inapplicable in ("kind", "succeeded", "result", "delivered", "outputs", "stored"):
        fields.pop(inapplicable, None)
    document: dict[str, Any] = {"version": SOLUTION_VERSION, "name": name, **fields}
    if result.variables is not None:
        document["variables"] = dict(result.variables)
    if result.pool:
        document["solutions"] = [dict(solution) for solution in result.pool]
    if result.history:
        document["history"] = [point.to_wire() for point in result.history]
    return document


def encode_solution(document: Mapping[str, Any]) -> bytes:
    """The document as JSON text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def model_digest(source: bytes) -> str:
    """Digest of a source file's bytes."""
    return f"sha256:{hashlib.sha256(source).hexdigest()}"


def result_digest(result: RunResult) -> str:
    """Digest of what was found: equal answers have equal digests, wherever they were computed.

    Over outcome, objective and metrics, then the variables in the order of their names, as exact
    decimal text; for a pool, over its solutions in sorted order.
    """
    digest = hashlib.sha256()
    for line in _canonical_lines(result):
        digest.update(line.encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"


def _canonical_lines(result: RunResult) -> Iterator[str]:
    yield f"outcome={result.answer.solve.outcome}"
    yield f"objective={result.answer.solve.objective or ''}"
    for metric in sorted(result.answer.metrics, key=lambda metric: metric.name):
        yield f"metric {metric.name}={metric.value}"
    if result.pool:
        yield from sorted(" ".join(_assignments(solution)) for solution in result.pool)
    else:
        yield from _assignments(result.variables or {})


def _assignments(values: Mapping[str, float]) -> Iterator[str]:
    for name in sorted(values):
        if values[name] != 0:
            yield f"{json.dumps(name)}={decimal_text(values[name])}"
