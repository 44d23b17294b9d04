"""The words of a CPLEX LP file: comments dropped, sections told apart, each with its line."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from argmin_solvers.text import quote


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
    LAZY_CONSTRAINTS = "Lazy Constraints"
    USER_CUTS = "User Cuts"
    BOUNDS = "Bounds"
    GENERALS = "Generals"
    BINARIES = "Binaries"
    END = "End"


OBJECTIVES = (Section.MAXIMIZE, Section.MINIMIZE)
LISTS = (Section.GENERALS, Section.BINARIES)


class Kind(IntEnum):
    """What a token is: the number of its group in the pattern of tokens."""

    END = 0
    NUMBER = 1
    NAME = 2
    SIGN = 3
    RELATION = 4
    COLON = 5
    LABEL = 6


@dataclass
class Part:
    """A section and its tokens: their kinds, texts and lines; the last is `Kind.END`."""

    section: Section | None  # None: one that has to be empty, as `beyond` says what it holds
    line: int
    beyond: str = ""
    kinds: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def append(self, kind: int, text: str, line: int) -> None:
        """Add a token."""
        self.kinds.append(kind)
        self.texts.append(text)
        self.lines.append(line)


_OBJECTIVES = {
    **dict.fromkeys(("maximize", "maximise", "maximum", "max"), Section.MAXIMIZE),
    **dict.fromkeys(("minimize", "minimise", "minimum", "min"), Section.MINIMIZE),
}
_CONTENT = {
    **dict.fromkeys(("bounds", "bound"), Section.BOUNDS),
    **dict.fromkeys(("generals", "general", "gen", "integers", "integer", "int"), Section.GENERALS),
    **dict.fromkeys(("binaries", "binary", "bin"), Section.BINARIES),
}
_HEADERS = {
    **_OBJECTIVES,
    **dict.fromkeys(("subject to", "such that", "st", "st.", "s.t."), Section.CONSTRAINTS),
    **dict.fromkeys(("lazy constraints", "lazy constraint"), Section.LAZY_CONSTRAINTS),
    **dict.fromkeys(("user cuts", "user cut"), Section.USER_CUTS),
    **_CONTENT,
    "end": Section.END,
}
_BEYOND = {
    **dict.fromkeys(("sos", "sos1", "sos2"), "special ordered sets"),
    **dict.fromkeys(("semi continuous", "semis", "semi"), "semi-continuous variables"),
    "semi integer": "semi-integer variables",
    **dict.fromkeys(
        ("general constraints", "general constraint", "gen constraints", "gencons"),
        "general constraints",
    ),
    "pwlobj": "a piecewise-linear objective",
    "pwl": "piecewise-linear constraints",
    **dict.fromkeys(("scenario", "scenarios"), "several scenarios"),
    **dict.fromkeys(("partial integers", "partial integer"), "partially integer variables"),
}
"""Sections that writers leave empty where a model has nothing of the kind."""
HEADERS = (*_HEADERS, *_BEYOND)
"""What begins a section, in lower case."""

_OBJECTIVE_START = re.compile(rf"({'|'.join(_OBJECTIVES)})\b(?!\s*[<>=])\s*:?", re.I)
_CONSTRAINTS_START = re.compile(r"(subject\s+to|such\s+that|s\.t\.|st\.?)(?=\s)", re.I)
_CONTENT_START = re.compile(rf"({'|'.join(_CONTENT)})\s+(?![-+<>=:])", re.I)
_LABEL = re.compile(r"([^\s:]+)\s*:(?!=)\s*")
_TOKEN = re.compile(
    r"((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:/\d+)?)"  # the groups are numbered as in Kind
    r"|([^\s+\-*^<>=:\[\]()\d.][^\s+\-*^<>=:]*)"
    r"|([+-](?!>|\s*\[\s*\]))"
    r"|(<=|=<|>=|=>|==|<|>|=)"
    r"|(:)"
    r"|(?P<nothing>[+-]?\s*\[\s*\](?:\s*/\s*2(?!\S))?)"  # the quadratic part of a linear model
    r"|(?P<arrow>->)"
    r"|(?P<beyond>[\[\]*^])"
    r"|(?P<unknown>\S.*)"
)
_MULTIPLE = re.compile(r"multi\s*-?\s*objectives?\b", re.I)
_LONGEST_HEADER = 30
_LAST_KIND = int(Kind.COLON)


def split_sections(lines: list[str], known: Container[str]) -> Iterator[Part]:
    """The sections of a file, up to and with `End`, one after another.

    Args:
        lines: of the file.
        known: the variables of the sections that the caller has taken, which it adds to.

    Raises:
        MalformedError: text before the objective, unknown characters, no `End`, text after it, a
            header that is the name of a variable.
        BeyondLinearError: sections or terms that are not linear.
    """
    part: Part | None = None
    for number, raw in enumerate(lines, start=1):
        text = raw.split("\\", 1)[0].strip()
        if not text:
            continue
        if part is not None and part.section is Section.END:
            raise MalformedError(number, f"{quote(text)} is after End: move or remove it")
        begun, rest = _begin(text, number, part, known)
        if begun is not None:
            if part is not None:
                yield _close(part)
            part = begun
        if part is None:
            break
        if rest:
            _add_tokens(part, rest, number)
    if part is None or part.section is not Section.END:
        raise MalformedError(max(1, len(lines)), "the file ends without End: is it cut off?")


def _close(part: Part) -> Part:
    part.append(Kind.END, "", part.lines[-1] if part.lines else part.line)
    return part


def _begin(
    text: str, line: int, current: Part | None, known: Container[str]
) -> tuple[Part | None, str]:
    """The section that a line begins, where it begins one, and what of the line is left."""
    if current is None:
        return _begin_objective(text, line)
    if len(text) <= _LONGEST_HEADER and (part := _find_header(text, line)) is not None:
        if text in known and _may_go_on(current):
            what = f"{quote(text)} is a variable, and here the header of a section"
            raise MalformedError(line, f"{what}: solvers read this differently; rename it")
        return part, ""
    # Text may follow these on their line; elsewhere such a word is a variable.
    if current.section in OBJECTIVES and (match := _CONSTRAINTS_START.match(text)):
        return Part(Section.CONSTRAINTS, line), text[match.end() :].strip()
    match = _CONTENT_START.match(text)
    if match is not None and (current.section in LISTS or match[1] not in known):
        return _begin_content(match, text, line, known)
    return None, text


def _begin_objective(text: str, line: int) -> tuple[Part, str]:
    match = _OBJECTIVE_START.match(text)
    if match is None:
        raise MalformedError(
            line,
            f"Maximize or Minimize is expected first, not {quote(text)}; where there is no"
            " objective, write Minimize alone",
        )
    rest = text[match.end() :].strip()
    if _MULTIPLE.match(rest):
        raise BeyondLinearError(line, f"{quote(text)} begins several objectives")
    return Part(_OBJECTIVES[match[1].lower()], line), rest


def _find_header(text: str, line: int) -> Part | None:
    word = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
    if word == "end":
        return Part(Section.END, line)
    word = word.removesuffix(":").rstrip()
    if word in _HEADERS and word != "end":
        return Part(_HEADERS[word], line)
    if word in _BEYOND:
        return Part(None, line, f"section {text} holds {_BEYOND[word]}")
    return None


def _may_go_on(part: Part) -> bool:
    """Whether the name of a variable may follow in a section."""
    return part.section in LISTS or (
        bool(part.kinds) and part.kinds[-1] in (Kind.SIGN, Kind.RELATION)
    )


def _begin_content(
    match: re.Match[str], text: str, line: int, known: Container[str]
) -> tuple[Part, str]:
    if match[1] in known:
        what = f"{quote(match[1])} is a variable, and may be the header of a section here"
        raise MalformedError(line, f"{what}: solvers read this differently; rename it")
    return Part(_CONTENT[match[1].lower()], line), text[match.end() :]


def _add_tokens(part: Part, text: str, line: int) -> None:
    if part.beyond:
        raise BeyondLinearError(part.line, part.beyond)
    label = _LABEL.match(text)
    if label is not None:
        part.append(Kind.LABEL, label[1], line)
    kinds, texts, count = part.kinds, part.texts, len(part.kinds)
    for match in _TOKEN.finditer(text, label.end() if label is not None else 0):
        kind = match.lastindex or 0
        if kind > _LAST_KIND:
            _refuse(match, line)
        else:
            kinds.append(kind)
            texts.append(match[0])
    part.lines.extend([line] * (len(kinds) - count))


def _refuse(match: re.Match[str], line: int) -> None:
    """Refuse a token beyond linear models, or one that is none; an empty `[ ]` is nothing."""
    if match.lastgroup == "arrow":
        raise BeyondLinearError(line, "'->' makes an indicator constraint")
    if match.lastgroup == "beyond":
        raise BeyondLinearError(line, f"'{match[0]}' makes a product or a power of variables")
    if match.lastgroup == "unknown":
        raise MalformedError(line, f"{quote(match[0])} is not understood")
