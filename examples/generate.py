"""Copies the examples' sources into their YAML: `python examples/generate.py [--check]`.

A line such as `  model.py: |  # copy of model.py` in `<example>/*.yaml` opens a block of text; what
follows it, indented deeper, is replaced by the file of that name, as seen from that folder. So each
source is kept once and each YAML file can be applied as it is.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
_OPENING = re.compile(r"^(?P<indent> *)[\w.-]+: \|  # copy of (?P<file>[\w./-]+)$")


def fill_blocks(text: str, folder: Path) -> str:
    """The YAML text with every marked block replaced by its file in `folder`.

    Raises:
        FileNotFoundError: a marker names a file that the folder does not have.
    """
    return "\n".join(_fill_lines(text.splitlines(), folder)) + "\n"


def _fill_lines(lines: list[str], folder: Path) -> Iterator[str]:
    inside: str | None = None  # indentation of the block being replaced
    for line in lines:
        if inside is not None and (not line.strip() or line.startswith(inside + "  ")):
            continue
        inside = None
        yield line
        opening = _OPENING.match(line)
        if opening:
            inside = opening["indent"]
            yield from _indent(folder / opening["file"], inside + "  ")


def _indent(source: Path, indent: str) -> Iterator[str]:
    for line in source.read_text(encoding="utf-8").splitlines():
        yield (indent + line).rstrip()


def main() -> int:
    """Fill the blocks of all examples, or with `--check` only compare: 1 where they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where they differ")
    check = parser.parse_args().check
    try:
        stale = dict(_find_stale())
    except FileNotFoundError as error:
        sys.exit(f"{error.filename}: a marker of an example names this file, and it is not there")
    for path, filled in stale.items():
        if check:
            name = path.relative_to(EXAMPLES.parent)
            sys.stderr.write(f"{name} differs from its sources: run python examples/generate.py\n")
        else:
            path.write_text(filled, encoding="utf-8")
    return 1 if check and stale else 0


def _find_stale() -> Iterator[tuple[Path, str]]:
    for path in sorted(EXAMPLES.glob("*/*.yaml")):
        text = path.read_text(encoding="utf-8")
        filled = fill_blocks(text, path.parent)
        if filled != text:
            yield path, filled


if __name__ == "__main__":
    sys.exit(main())
