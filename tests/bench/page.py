"""docs/benchmarks.md: sections between markers, so that each can be measured anew on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_INTRODUCTION = """\
# Benchmarks

What argmin costs, beside what it replaces: a plain `batch/v1` Job, and a direct call of the
solver's library. Both sides are measured in one run, in turns, on one machine, so the differences
and ratios say more than the seconds do. A figure with a target says whether it is met.

`make bench` measures everything and writes this page; `python -m tests.bench --only NAME` measures
one section anew and leaves the others as they are. Pairs are compared pair by pair: the median of
the ratios, not the ratio of the medians.
"""

_SECTION = re.compile(r"<!-- bench: (?P<name>[a-z-]+) -->\n(?P<text>.*?)<!-- /bench -->\n", re.S)


def read_sections(page: str) -> dict[str, str]:
    """The sections of a page by name; empty where there is none."""
    return {found["name"]: found["text"] for found in _SECTION.finditer(page)}


def render_page(sections: Mapping[str, str], order: Sequence[str]) -> str:
    """The whole page: the sections that there are, in the given order."""
    blocks = [
        f"<!-- bench: {name} -->\n{sections[name]}<!-- /bench -->\n"
        for name in order
        if name in sections
    ]
    return "\n".join([_INTRODUCTION, *blocks])


def replace_sections(page: str, measured: Mapping[str, str], order: Sequence[str]) -> str:
    """The page with the sections that were measured in the place of their predecessors."""
    return render_page({**read_sections(page), **measured}, order)
