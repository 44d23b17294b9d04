"""Fields of an object by the JSONPath of a printer column."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"\.(?P<field>\w+)|\[\?\(@\.(?P<key>\w+)=='(?P<value>[^']*)'\)\]")


def read_path(document: Any, path: str) -> Any:
    """The value at a path such as `.status.conditions[?(@.type=='Ready')].status`, else `None`."""
    for step in _STEP.finditer(path):
        if step["field"]:
            document = document.get(step["field"]) if isinstance(document, dict) else None
        else:
            items = document if isinstance(document, list) else ()
            document = next(
                (i for i in items if isinstance(i, dict) and i.get(step["key"]) == step["value"]),
                None,
            )
    return document
