"""Parsing the answer in the termination message of a run; pure."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from argmin.api.answer import Answer
from argmin.api.untrusted import ANSWER, UntrustedError, bound, parse_json


def parse_answer(text: str) -> Answer | None:
    """The answer in a termination message or an exit message; `None` if it cannot be parsed.

    Invalid fields are left out, unless they are the outcome or its reason. Metrics and outputs
    over the limits of the status are left out too, from the last.
    """
    try:
        whole = parse_json(text, ANSWER.bytes)
        content = bound(whole, ANSWER)
    except UntrustedError:
        return None
    if not isinstance(content, dict):
        return None
    if any(len(whole[name]) > len(content[name]) for name in ANSWER.cut if _is_list(whole, name)):
        content["shortened"] = True
    return _validate(content)


def _is_list(content: dict[str, Any], name: str) -> bool:
    return isinstance(content.get(name), list)


def _validate(content: dict[str, Any]) -> Answer | None:
    try:
        return Answer.model_validate(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        bad = {str(problem["loc"][0]) for problem in problems if problem["loc"]}
    try:
        return Answer.model_validate({k: v for k, v in content.items() if k not in bad})
    except ValidationError:
        return None
