"""The answer as a termination message: JSON, always whole, under the limit of Kubernetes."""

from __future__ import annotations

from argmin.api.outcome import Answer
from argmin.api.run import TERMINATION_LIMIT_BYTES
from argmin_solvers.models.text import shorten

_SHORT_MESSAGE = 256


def encode_answer(answer: Answer) -> bytes:
    """The answer as JSON in fewer bytes than the limit.

    The message is shortened first, then metrics are left out from the last, then outputs: the
    full lists are in solution.json.
    """
    text = _encode(answer)
    if len(text) < TERMINATION_LIMIT_BYTES:
        return text
    answer = answer.model_copy(update={"message": shorten(answer.message, _SHORT_MESSAGE)})
    for field in ("metrics", "outputs"):
        while len(_encode(answer)) >= TERMINATION_LIMIT_BYTES and getattr(answer, field):
            answer = answer.model_copy(update={field: getattr(answer, field)[:-1]})
    return _encode(answer)


def _encode(answer: Answer) -> bytes:
    return answer.model_dump_json(by_alias=True, exclude_none=True).encode()
