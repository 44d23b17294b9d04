"""The documents as tests read them: blocks of code, links, headings, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "user-guide"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
KIND = "OptimizationJob"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_WORD = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str

    @property
    def documents(self) -> list[Any]:
        """Its YAML documents."""
        return list(yaml.safe_load_all(self.text))


@cache
def read_blocks(page: Path) -> tuple[Block, ...]:
    """The fenced blocks of a page, in their order."""
    return tuple(Block(page, *found) for found in _FENCE.findall(page.read_text()))


def list_blocks(language: str, *pages: Path) -> Iterator[Block]:
    """The blocks in a language."""
    for page in pages:
        yield from (block for block in read_blocks(page) if block.language == language)


def list_links(page: Path) -> Iterator[str]:
    """Where the page leads, but for other sites."""
    prose = _CODE.sub("", _FENCE.sub("", page.read_text()))
    for link in _LINK.findall(prose):
        if not link.startswith(("http://", "https://", "mailto:")):
            yield link


def list_anchors(page: Path) -> set[str]:
    """What a link may name behind `#`."""
    text = _FENCE.sub("", page.read_text())
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def read_table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the rows of the first table below a heading, without its head.

    Raises:
        ValueError: the page has no such heading.
    """
    lines = page.read_text().splitlines()
    below = lines[lines.index(f"## {heading}") :]
    first = next(i for i, line in enumerate(below) if line.startswith("|--"))
    rows = []
    for line in below[first + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def list_words(cell: str) -> list[str]:
    """What a text has between backquotes."""
    return _WORD.findall(cell)


def list_commands(page: Path, program: str) -> Iterator[str]:
    """The lines of a page's shell blocks that call a program, without their comments."""
    for block in read_blocks(page):
        if block.language not in ("sh", "console", ""):
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").partition("  #")[0].strip()
            if command.startswith(f"{program} "):
                yield command
