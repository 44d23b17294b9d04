"""Text of model files: reading it, and quoting it in messages."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

from argmin.api.answer import Reason
from argmin.api.text import shorten
from argmin_solvers.errors import RunError

__all__ = ["quote", "read_lines", "read_source", "shorten"]

_QUOTED = 40
_LATIN_1 = b"ENCODING=ISO-8859-1"
"""What CPLEX writes into the comment that begins a file."""


def quote(text: str) -> str:
    """The text in quotes, shortened and printable, for a message."""
    short = text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
    return "'" + "".join(c if c.isprintable() else "�" for c in short) + "'"


def read_source(path: Path) -> bytes:
    """The bytes of a source file.

    Raises:
        RunError: SourceNotFound, where there is no such file or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunError(
            Reason.SOURCE_NOT_FOUND, f"the source {path} cannot be read: {error.strerror}"
        ) from None


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 text file; the byte order mark that Windows begins it with is none.

    Latin-1 is read where the first line says so.

    Raises:
        RunError: SourceNotFound; InvalidModel with the line that is no text.
    """
    content = read_source(path).removeprefix(BOM_UTF8)
    try:
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        if _LATIN_1 in content.split(b"\n", 1)[0]:
            return content.decode("latin-1").splitlines()
        line = content.count(b"\n", 0, error.start) + 1
        raise RunError(
            Reason.INVALID_MODEL,
            f"{path.name} line {line}: byte 0x{content[error.start]:02x} is not UTF-8 text",
        ) from None
