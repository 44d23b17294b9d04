"""Parsing the answer in the termination message of a run; pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from argmin.api.answer import RunReport
from argmin.api.untrusted import ANSWER, UntrustedError, bound, parse_json

_RESULT = "result"
Location = tuple[int | str, ...]


def parse_answer(text: str) -> RunReport | None:
    """The answer in a termination message or an exit message; `None` if it cannot be parsed.

    Invalid fields are left out, of the report and of its result, unless they are required. Metrics
    and outputs over the limits of the status are left out too, from the last.
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


def _validate(content: dict[str, Any]) -> RunReport | None:
    try:
        return RunReport.model_validate(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    try:
        return RunReport.model_validate(_drop(content, {problem["loc"] for problem in problems}))
    except ValidationError:
        return None


def _drop(content: dict[str, Any], bad: Collection[Location]) -> dict[str, Any]:
    """The content without its invalid fields, and its result without those of its own."""
    kept = {k: v for k, v in content.items() if k == _RESULT or (k not in {p[0] for p in bad})}
    if isinstance(kept.get(_RESULT), dict):
        inner = {place[1] for place in bad if place[0] == _RESULT and len(place) > 1}
        kept[_RESULT] = {k: v for k, v in content[_RESULT].items() if k not in inner}
    return kept
