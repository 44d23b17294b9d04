"""Small models by chance, and how they may be written: the writers of the tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.solvers.readers.plain import Plain

NUMBERS = (
    "1",
    "2",
    "-1",
    "3.25",
    "-0.1",
    "1e3",
    "-7.5E-2",
    "12345.678",
    ".5",
    "-4.",
    "0.333333333",
)
NAMES = ("x", "y1", "Z_2", "w(3)", "v#", "t.5", "q!", "inflow")


@dataclass(frozen=True)
class Column:
    """A variable; bounds are texts, None for none."""

    name: str
    cost: str | None
    lower: str | None
    upper: str | None
    integer: bool


@dataclass(frozen=True)
class Row:
    """A constraint: relation and side, and how far it goes to the other side."""

    name: str
    terms: dict[str, str]
    relation: str
    side: str
    span: str | None = None


@dataclass(frozen=True)
class Written:
    """A model, and what it means."""

    maximizes: bool
    offset: str
    columns: list[Column]
    rows: list[Row]

    @property
    def plain(self) -> Plain:
        """What the file means, in doubles."""
        return Plain(
            self.maximizes,
            float(self.offset),
            {c.name: float(c.cost) for c in self.columns if c.cost},
            {c.name: (*_bounds(c), c.integer) for c in self.columns},
            {row.name: (*_sides(row), _floats(row.terms)) for row in self.rows},
        )


def _floats(terms: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in terms.items()}


def _bounds(column: Column) -> tuple[float, float]:
    lower = -math.inf if column.lower is None else float(column.lower)
    return lower, math.inf if column.upper is None else float(column.upper)


def _sides(row: Row) -> tuple[float, float]:
    side = float(row.side)
    span = None if row.span is None else float(row.span)
    if row.relation == "=":
        return side + min(span or 0.0, 0.0), side + max(span or 0.0, 0.0)
    other = math.inf if span is None else abs(span)
    return (side - other, side) if row.relation == "<" else (side, side + other)


@st.composite
def models(draw: st.DrawFn, *, ranges: bool) -> Written:
    """A model of up to five variables and four constraints; with ranges, where they are asked."""
    number = st.sampled_from(NUMBERS)
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    columns = [
        Column(
            name,
            draw(st.none() | number) if at else draw(number),
            *draw(
                st.sampled_from(
                    [("0", None), ("0", "4"), (None, None), ("-2", "8"), (None, "-3"), ("1", "1")]
                )
            ),
            draw(st.booleans()),
        )
        for at, name in enumerate(names)
    ]
    rows = [
        Row(
            f"c{at}",
            draw(st.dictionaries(st.sampled_from(names), number, min_size=1)),
            draw(st.sampled_from("<>=")),
            draw(number),
            draw(st.none() | number) if ranges else None,
        )
        for at in range(draw(st.integers(1, 4)))
    ]
    used = {name for row in rows for name in row.terms}
    columns = [c for c in columns if c.cost or c.name in used]
    return Written(draw(st.booleans()), draw(st.sampled_from(["0", "2.5", "-10"])), columns, rows)


@dataclass(frozen=True)
class MpsStyle:
    """How an MPS file is written."""

    pairs: bool  # two a line
    markers: bool  # around integers, or bounds LI and UI
    gap: str  # between fields
    ends: str  # of lines


@dataclass(frozen=True)
class LpStyle:
    """How an LP file is written."""

    headers: Callable[[str], str]
    gap: str  # between the terms of a constraint
    relations: dict[str, str]
    number_first: bool  # in bounds
    ends: str  # of lines


MPS_STYLES = st.builds(
    MpsStyle,
    pairs=st.booleans(),
    markers=st.booleans(),
    gap=st.sampled_from(["  ", "\t", "          "]),
    ends=st.sampled_from(["\n", "\r\n"]),
)
LP_STYLES = st.builds(
    LpStyle,
    headers=st.sampled_from([str.upper, str.lower, str.title]),
    gap=st.sampled_from([" ", "\n ", "  \t"]),
    relations=st.sampled_from([{"<": "<=", ">": ">=", "=": "="}, {"<": "<", ">": ">", "=": "="}]),
    number_first=st.booleans(),
    ends=st.sampled_from(["\n", "\r\n"]),
)


def write_mps(model: Written, style: MpsStyle) -> str:
    """The model as a free MPS file."""
    lines = ["NAME made", "OBJSENSE", f" {'MAX' if model.maximizes else 'MIN'}", "ROWS", " N goal"]
    kinds = {"<": "L", ">": "G", "=": "E"}
    lines += [f" {kinds[row.relation]} {row.name}" for row in model.rows]
    lines += ["COLUMNS", *_write_columns(model, style), "RHS"]
    sides = [(row.name, row.side) for row in model.rows]
    if float(model.offset):
        sides.append(("goal", repr(-float(model.offset))))
    lines += _write_pairs("RHS", sides, style)
    spans = [(row.name, row.span) for row in model.rows if row.span is not None]
    if spans:
        lines += ["RANGES", *_write_pairs("RNG", spans, style)]
    lines += ["BOUNDS", *(line for column in model.columns for line in _bound_mps(column, style))]
    return style.ends.join([*lines, "ENDATA", ""])


def _write_columns(model: Written, style: MpsStyle) -> Iterator[str]:
    for column in model.columns:
        entries = [
            (row.name, row.terms[column.name]) for row in model.rows if column.name in row.terms
        ]
        if column.cost:
            entries.insert(0, ("goal", column.cost))
        marked = _is_marked(column, style)
        if marked:
            yield f" M{style.gap}'MARKER'{style.gap}'INTORG'"
        yield from _write_pairs(column.name, entries, style)
        if marked:
            yield f" M{style.gap}'MARKER'{style.gap}'INTEND'"


def _is_marked(column: Column, style: MpsStyle) -> bool:
    """Whether markers make it an integer: no bound says so of one without bounds."""
    return column.integer and (style.markers or column.lower is None)


def _write_pairs(name: str, pairs: Sequence[tuple[str, str]], style: MpsStyle) -> Iterator[str]:
    step = 2 if style.pairs else 1
    for at in range(0, len(pairs), step):
        fields = [field for pair in pairs[at : at + step] for field in pair]
        yield " " + style.gap.join([name, *fields])


def _bound_mps(column: Column, style: MpsStyle) -> Iterator[str]:
    integer = column.integer and not _is_marked(column, style)
    if column.lower is None:
        yield " " + style.gap.join(["MI", "BND", column.name])
    else:
        kind = "LI" if integer else "LO"
        yield " " + style.gap.join([kind, "BND", column.name, column.lower])
    if column.upper is not None:
        kind = "UI" if integer else "UP"
        yield " " + style.gap.join([kind, "BND", column.name, column.upper])
    else:
        yield " " + style.gap.join(["PL", "BND", column.name])


def write_lp(model: Written, style: LpStyle) -> str:
    """The model as an LP file."""
    goal = {column.name: column.cost for column in model.columns if column.cost}
    constant = f" {_signed(model.offset)}" if float(model.offset) else ""
    lines = ["\\ made", style.headers("maximize" if model.maximizes else "minimize")]
    lines += [f" goal: {_sum(goal, ' ')}{constant}", style.headers("subject to")]
    for row in model.rows:
        relation = style.relations[row.relation]
        lines.append(f" {row.name}: {_sum(row.terms, style.gap)} {relation} {row.side}")
    lines.append(style.headers("bounds"))
    lines += [line for column in model.columns for line in _bound_lp(column, style)]
    integers = [column.name for column in model.columns if column.integer]
    if integers:
        lines += [style.headers("generals"), " " + " ".join(integers)]
    return style.ends.join([*lines, style.headers("end"), ""])


def _signed(number: str) -> str:
    return f"- {number[1:]}" if number.startswith("-") else f"+ {number}"


def _sum(terms: dict[str, str], gap: str) -> str:
    return gap.join(f"{_signed(value)} {name}" for name, value in terms.items())


def _bound_lp(column: Column, style: LpStyle) -> Iterator[str]:
    name, lower, upper = column.name, column.lower, column.upper
    less, more = style.relations["<"], style.relations[">"]
    if lower is None and upper is None:
        yield f" {name} free"
    elif lower is None:
        yield f" -inf {less} {name} {less} {upper}"
    elif upper is None:
        yield f" {lower} {less} {name}" if style.number_first else f" {name} {more} {lower}"
    elif lower == upper:
        yield f" {name} = {lower}"
    else:
        yield f" {lower} {less} {name} {less} {upper}"
