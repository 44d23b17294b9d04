"""Text that a program of a user's may have written, made safe to show and to store; pure."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

MESSAGE_LIMIT = 8192
"""Characters that are kept of a message of a pod, a container or AWS."""

# Tab and line feed alone are harmless. What is left out of the three rows: C0, DEL and C1, which
# hold all escape sequences of terminals; bidirectional marks, embeddings, overrides and isolates,
# which show a text in another order than it has; halves of surrogate pairs, which have no UTF-8.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff]"
)

_COLOURS = re.compile(r"\x1b\[[0-9;:]{0,32}m")


def clean(text: str) -> str:
    """The text with each unsafe character replaced by U+FFFD, and without colours."""
    # Twenty times as fast as the expressions, and true of nearly every text.
    return text if text.isprintable() else _UNSAFE.sub(REPLACEMENT, _COLOURS.sub("", text))


def shorten(text: str, limit: int) -> str:
    """The text, clean and cut to a number of characters."""
    # Cut first as well: a program may print a line of a gigabyte.
    cut = clean(text[: 2 * limit + 2])
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"
