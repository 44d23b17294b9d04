"""Reading the answer that a run left as its last words; pure."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import from_json

from argmin.api.outcome import Answer


def parse_answer(text: str) -> Answer | None:
    """The answer in a termination message or an exit message; `None` where none can be read.

    Fields that are not as agreed are left out, unless they are the outcome or its reason. Metrics
    and outputs beyond what a status takes are left out too, from the last.
    """
    answer = _read(text)
    return answer and answer.fit_status()


def _read(text: str) -> Answer | None:
    try:
        content = from_json(text)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    try:
        return Answer.model_validate(content)
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    try:
        return Answer.model_validate({k: v for k, v in content.items() if k not in bad})
    except ValidationError:
        return None
