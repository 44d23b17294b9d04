"""Wildcards and policy variables: how the texts in a policy match those in a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tests.aws.iam.request import Context

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"^\s*([^,\s]+)\s*,\s*'([^']*)'\s*$")
_ESCAPES = ("*", "?", "$")
ARN_SEGMENTS = 6


@dataclass(frozen=True)
class Piece:
    """A part of a pattern; in a literal one, `*`, `?` and `:` are only characters."""

    text: str
    literal: bool = False


Pattern = tuple[Piece, ...]


def find_variables(text: str) -> tuple[str, ...]:
    """What stands between `${` and `}`, without the escapes such as `${*}`."""
    return tuple(name for name in _VARIABLE.findall(text) if name not in _ESCAPES)


def has_open_variable(text: str) -> bool:
    """Whether a policy variable is begun and never ended."""
    return "${" in _VARIABLE.sub("", text)


def resolve(text: str, context: Context, *, variables: bool = True) -> Pattern | None:
    """Fill in the policy variables; `None` where one has no value, which nothing matches.

    The value of a variable is literal: a tag that reads `*` matches a star and nothing else.
    """
    if not variables:
        return (Piece(text),)
    pieces: list[Piece] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        value = _look_up(match[1], context)
        if value is None:
            return None
        pieces += [Piece(text[end : match.start()]), Piece(value, literal=True)]
        end = match.end()
    return (*pieces, Piece(text[end:]))


def _look_up(name: str, context: Context) -> str | None:
    if name in _ESCAPES:
        return name
    default = _DEFAULT.match(name)
    value = context.get(default[1] if default else name.strip())
    if isinstance(value, str):
        return value
    return default[2] if default else None


def join(pattern: Pattern) -> str:
    """The pattern as plain text, for operators without wildcards."""
    return "".join(piece.text for piece in pattern)


def match_text(pattern: Pattern, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text matches, with `*` for any characters and `?` for one."""
    return _compile(pattern, ignore_case).fullmatch(text) is not None


def match_arn(pattern: Pattern, arn: str) -> bool:
    """Whether an ARN matches, segment by segment: no wildcard reaches over one of the first colons.

    A pattern may end before the sixth segment, if it ends with `*`, as `arn:aws:s3:*` does.
    """
    segments = _split(pattern)
    parts = arn.split(":", len(segments) - 1)
    return len(parts) == len(segments) and all(map(match_text, segments, parts))


def match_action(pattern: str, action: str) -> bool:
    """Whether an action matches; the case of its letters does not matter."""
    return match_text((Piece(pattern),), action, ignore_case=True)


def _split(pattern: Pattern) -> Sequence[Pattern]:
    segments: list[list[Piece]] = [[]]
    for piece in pattern:
        if piece.literal:
            segments[-1].append(piece)
            continue
        first, *others = piece.text.split(":", ARN_SEGMENTS - len(segments))
        segments[-1].append(Piece(first))
        segments.extend([Piece(text)] for text in others)
    return [tuple(segment) for segment in segments]


@lru_cache(maxsize=4096)
def _compile(pattern: Pattern, ignore_case: bool) -> re.Pattern[str]:
    source = "".join(_translate(pattern))
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _translate(pattern: Pattern) -> Iterable[str]:
    for piece in pattern:
        if piece.literal:
            yield re.escape(piece.text)
            continue
        for part in re.split(r"(\*+|\?)", piece.text):
            yield {"*": ".*", "?": "."}.get(part[:1], re.escape(part))
