"""The figures of a hunt, and their place in docs/reliability.md."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.hunt.shapes import SHAPES
from tests.hunt.tally import COUNTS, Find, Tally

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
_SECTION = re.compile(r"(<!-- hunt -->\n).*?(<!-- /hunt -->\n)", re.S)


def publish(tally: Tally, page: Path = PAGE) -> None:
    """Put the figures between the marks of the page."""
    text = page.read_text()
    figures = render_report(tally)
    page.write_text(_SECTION.sub(lambda found: found[1] + figures + found[2], text))


def render_report(tally: Tally) -> str:
    """The figures in Markdown."""
    return "\n".join([*_summary(tally), *_by_shape(tally), *_by_solver(tally), *_finds(tally), ""])


def _summary(tally: Tally) -> Iterator[str]:
    models, runs = tally.next, tally.total("runs")
    today = datetime.datetime.now(tz=datetime.UTC).date()
    versions = ", ".join(f"{name} {number}" for name, number in tally.versions.items())
    yield f"Measured on {today} with argmin {version('argmin-operator')} and {versions}, by"
    yield f"`python -m tests.hunt --seed {tally.seed} --models {models}`."
    yield ""
    yield from _table(
        ("Figure", ""),
        [
            ("models tried", models),
            ("solver runs, each checked and proven", runs),
            ("models a minute", f"{60 * models / max(tally.seconds, 1e-9):.0f}"),
            ("models whose answers disagree", tally.total("disagreements")),
            ("**told wrongly at level Certified or CrossChecked**", tally.total("told wrongly")),
            ("wrong, told as the solver's word alone (Claimed)", tally.total("claimed wrongly")),
            ("wrong words of solvers that argmin did not pass on", tally.total("caught")),
            ("right only within tolerances", tally.total("within tolerances")),
            ("disagreements that the exact search could not settle", tally.total("undecided")),
            ("runs without an answer", tally.total("failed")),
            ("models settled exactly though all agreed", tally.audited),
        ],
    )
    yield ""
    levels = ", ".join(f"{name}: {count}" for name, count in sorted(tally.levels.items()))
    outcomes = ", ".join(f"{name}: {count}" for name, count in sorted(tally.outcomes.items()))
    yield f"Levels: {levels}. Outcomes: {outcomes}."
    yield ""


def _by_shape(tally: Tally) -> Iterator[str]:
    yield "### By shape"
    yield ""
    rows = [
        (shape.replace("_", " "), *_counts(tally.shapes[shape], COUNTS))
        for shape in SHAPES
        if shape in tally.shapes
    ]
    yield from _table(("shape", *COUNTS), rows)
    yield ""


def _by_solver(tally: Tally) -> Iterator[str]:
    yield "### By solver"
    yield ""
    names = [name for name in COUNTS if name not in ("models", "disagreements")]
    rows = [(solver, *_counts(counts, names)) for solver, counts in sorted(tally.solvers.items())]
    yield from _table(("solver", *names), rows)
    yield ""


def _counts(counts: Mapping[str, int], names: Sequence[str]) -> list[int]:
    return [counts.get(name, 0) for name in names]


def _finds(tally: Tally) -> Iterator[str]:
    if not tally.kinds:
        return
    yield "### What was found"
    yield ""
    yield "How often each kind was there, and the number of a model of it:"
    yield ""
    for kind, count in sorted(tally.kinds.items(), key=lambda pair: (-pair[1], pair[0])):
        example = _example(kind, tally.finds)
        yield f"- {count} times {kind}" + (f": number {int(example.folder[:7])}" if example else "")


def _example(kind: str, finds: Sequence[Find]) -> Find | None:
    return next((find for find in finds if find.cause == kind), None)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
