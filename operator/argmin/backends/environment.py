"""Values of environment variables that are written as JSON; pure."""

from __future__ import annotations

import json

from pydantic import BeforeValidator


def _read_json(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise ValueError(f'write JSON, such as {{"limits": {{"cpu": "1"}}}}: {error}') from None


JSON_TEXT = BeforeValidator(_read_json)
"""Annotation of a setting that is written as JSON."""
