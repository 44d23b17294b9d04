"""The answer as a termination message: JSON, always whole, under the limit of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from argmin.api.answer import Answer
from argmin.api.run import TERMINATION_LIMIT_BYTES
from argmin.api.solve.proof import Proof
from argmin_solvers.text import shorten

_Cut = Callable[[Answer], Answer]


def encode_answer(answer: Answer, limit_bytes: int = TERMINATION_LIMIT_BYTES) -> bytes:
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


def encode_whole(answer: Answer) -> bytes:
    """The answer as JSON, with all that a status takes."""
    return answer.fit_status().model_dump_json(by_alias=True, exclude_none=True).encode()


def _list_cuts(answer: Answer) -> Iterator[_Cut]:
    yield _shorten_messages(256)
    for field in ("metrics", "outputs"):
        for _ in getattr(answer, field):
            yield _drop_last(field)
    yield _shorten_messages(80)
    for field in ("model_digest", "solver_version"):
        yield _replace(field)
    yield _shorten_messages(20)
    yield _drop_details_of_proof


def _shorten_messages(length: int) -> _Cut:
    def cut(answer: Answer) -> Answer:
        update: dict[str, object] = {"message": shorten(answer.message, length)}
        checked = answer.verification
        if checked is not None:
            short = {"message": shorten(checked.message, length)}
            if checked.where is not None:
                short["where"] = shorten(checked.where, length)
            update["verification"] = checked.model_copy(update=short)
        if answer.proof is not None:
            short_proof = {"message": shorten(answer.proof.message, length)}
            update["proof"] = answer.proof.model_copy(update=short_proof)
        return answer.model_copy(update=update)

    return cut


def _drop_details_of_proof(answer: Answer) -> Answer:
    if answer.proof is None:
        return answer
    return answer.model_copy(update={"proof": Proof(level=answer.proof.level)})


def _drop_last(field: str) -> _Cut:
    return lambda answer: answer.model_copy(update={field: getattr(answer, field)[:-1]})


def _replace(field: str) -> _Cut:
    return lambda answer: answer.model_copy(update={field: None})
