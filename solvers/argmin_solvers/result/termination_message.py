"""The answer as a termination message: JSON, always whole, under the limit of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from argmin.api.answer import RunReport, SolveResult
from argmin.api.run import TERMINATION_LIMIT_BYTES
from argmin.api.solve.proof import Proof
from argmin_solvers.text import shorten

_Cut = Callable[[RunReport], RunReport]


def encode_answer(answer: RunReport, limit_bytes: int = TERMINATION_LIMIT_BYTES) -> bytes:
    """The answer as JSON in fewer bytes than the limit.

    What is cut is the least missed, as far as need be: long messages first, then metrics from the
    last one on, then outputs, then digests and the details of a verification and of a proof, whose
    level stays. All of it is in answer.json, as far as a status takes it, and what was cut says so.
    """
    text = encode_whole(answer)
    if len(text) < limit_bytes:
        return text
    answer = answer.fit_status().model_copy(update={"shortened": True})
    for cut in _list_cuts(answer):
        answer = cut(answer)
        text = encode_whole(answer)
        if len(text) < limit_bytes:
            break
    return text


def encode_whole(answer: RunReport) -> bytes:
    """The answer as JSON, with all that a status takes."""
    return answer.fit_status().model_dump_json(by_alias=True, exclude_none=True).encode()


def _list_cuts(answer: RunReport) -> Iterator[_Cut]:
    yield _shorten_messages(256)
    for field in ("metrics", "outputs"):
        for _ in getattr(answer, field):
            yield _drop_last(field)
    yield _shorten_messages(80)
    yield lambda report: _change(report, model_digest=None)
    yield lambda report: _change(report, solver_version=None)
    yield _shorten_messages(20)
    yield _drop_details_of_proof


def _shorten_messages(length: int) -> _Cut:
    def cut(answer: RunReport) -> RunReport:
        short = answer.model_copy(update={"message": shorten(answer.message, length)})
        return _change(short, **_shorten_result(answer.solve, length))

    return cut


def _shorten_result(result: SolveResult, length: int) -> dict[str, Any]:
    """The verification and the proof of a result, with short texts."""
    parts: dict[str, Any] = {}
    if (checked := result.verification) is not None:
        short = {"message": shorten(checked.message, length)}
        if checked.where is not None:
            short["where"] = shorten(checked.where, length)
        parts["verification"] = checked.model_copy(update=short)
    if (proof := result.proof) is not None:
        parts["proof"] = proof.model_copy(update={"message": shorten(proof.message, length)})
    return parts


def _drop_details_of_proof(answer: RunReport) -> RunReport:
    proof = answer.solve.proof
    return answer if proof is None else _change(answer, proof=Proof(level=proof.level))


def _change(answer: RunReport, **changes: Any) -> RunReport:
    """The report with fields of its result changed, if it has one."""
    return answer if answer.result is None else answer.with_result(**changes)


def _drop_last(field: str) -> _Cut:
    return lambda answer: answer.model_copy(update={field: getattr(answer, field)[:-1]})
