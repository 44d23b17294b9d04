"""The words of a CPLEX LP file: comments dropped, sections told apart, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from argmin_solvers.models.text import quote


class MalformedError(Exception):
    """What is wrong, and the line it is in."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class BeyondLinearError(MalformedError):
    """The file holds more than a linear model."""


class Section(StrEnum):
    """The sections of a file that are read."""

    MAXIMIZE = "Maximize"
    MINIMIZE = "Minimize"
    CONSTRAINTS = "Subject To"
    BOUNDS = "Bounds"
    GENERALS = "Generals"
    BINARIES = "Binaries"
    END = "End"


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "a number"
    NAME = "a name"
    SIGN = "a sign"
    RELATION = "a relation"
    COLON = "a colon"


@dataclass(frozen=True)
class Token:
    """A word of the file."""

    kind: Kind
    text: str
    line: int


@dataclass
class Part:
    """A section with its tokens."""

    section: Section
    line: int
    tokens: list[Token]


_OBJECTIVES = {
    **dict.fromkeys(("maximize", "maximise", "maximum", "max"), Section.MAXIMIZE),
    **dict.fromkeys(("minimize", "minimise", "minimum", "min"), Section.MINIMIZE),
}
_HEADERS = {
    **_OBJECTIVES,
    **dict.fromkeys(("subject to", "such that", "st", "st.", "s.t."), Section.CONSTRAINTS),
    **dict.fromkeys(("bounds", "bound"), Section.BOUNDS),
    **dict.fromkeys(("generals", "general", "gen", "integers", "integer", "int"), Section.GENERALS),
    **dict.fromkeys(("binaries", "binary", "bin"), Section.BINARIES),
    "end": Section.END,
}
_BEYOND = {
    **dict.fromkeys(("sos", "sos1", "sos2"), "special ordered sets"),
    **dict.fromkeys(
        ("semi-continuous", "semis", "semi", "semi continuous", "semi-integer"),
        "semi-continuous variables",
    ),
    **dict.fromkeys(("general constraints", "gencons", "pwlobj"), "general constraints"),
    **dict.fromkeys(("lazy constraints", "user cuts"), "lazy constraints or user cuts"),
    "multi-objectives": "several objectives",
}
_OBJECTIVE_START = re.compile(rf"^({'|'.join(_OBJECTIVES)})\b(?!\s*[<>=])\s*:?", re.I)
_CONSTRAINTS_START = re.compile(r"^(subject\s+to|such\s+that|s\.t\.|st\.?)(?=\s)", re.I)
_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<arrow>->)"
    r"|(?P<relation><=|=<|>=|=>|<|>|=)"
    r"|(?P<sign>[+-])"
    r"|(?P<colon>:)"
    r"|(?P<beyond>[\[\]*^])"
    r"|(?P<name>[^\s+\-*^<>=:\[\]\d.][^\s+\-*^<>=:]*)"
)
_KINDS = {
    "number": Kind.NUMBER,
    "relation": Kind.RELATION,
    "sign": Kind.SIGN,
    "colon": Kind.COLON,
    "name": Kind.NAME,
}


def split_sections(lines: list[str]) -> list[Part]:
    """The sections of a file, up to and with `End`.

    Raises:
        MalformedError: text before the objective, unknown characters, no `End`.
        BeyondLinearError: sections or terms that are not linear.
    """
    parts: list[Part] = []
    for number, raw in enumerate(lines, start=1):
        text = raw.split("\\", 1)[0].strip()
        if not text:
            continue
        section, rest = _header(text, parts, number)
        if not parts and section not in _OBJECTIVES.values():
            raise MalformedError(
                number,
                f"Maximize or Minimize is expected first, not {quote(text)}; where there is no"
                " objective, write Minimize alone",
            )
        if section is not None:
            parts.append(Part(section, number, []))
        if section is Section.END:
            return parts
        parts[-1].tokens.extend(_tokens(rest, number))
    raise MalformedError(max(1, len(lines)), "the file ends without End: is it cut off?")


def _header(text: str, parts: list[Part], line: int) -> tuple[Section | None, str]:
    """The section that a line begins, and what of the line is left."""
    word = " ".join(text.lower().split())
    if word in _HEADERS:
        return _HEADERS[word], ""
    if word in _BEYOND:
        raise BeyondLinearError(line, f"section {text} holds {_BEYOND[word]}")
    # Text may follow these two on their line; elsewhere such a word is a variable.
    if not parts and (match := _OBJECTIVE_START.match(text)):
        return _OBJECTIVES[match[1].lower()], text[match.end() :]
    in_objective = bool(parts) and parts[-1].section in _OBJECTIVES.values()
    if in_objective and (match := _CONSTRAINTS_START.match(text)):
        return Section.CONSTRAINTS, text[match.end() :]
    return None, text


def _tokens(text: str, line: int) -> Iterator[Token]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise MalformedError(line, f"{quote(text[at:])} is not understood")
        kind = match.lastgroup or ""
        if kind == "arrow":
            raise BeyondLinearError(line, "'->' makes an indicator constraint")
        if kind == "beyond":
            raise BeyondLinearError(line, f"'{match[0]}' makes a product or a power of variables")
        yield Token(_KINDS[kind], match[0], line)
        at = match.end()
