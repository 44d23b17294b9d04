"""Constraint programming models in plain data, with a meaning of their own, apart from OR-Tools.

A literal is the number of a 0-1 variable, or -number-1 for its opposite, as in CpModelProto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

Values = Sequence[int]


@dataclass(frozen=True)
class Sum:
    """coefficients · variables + offset."""

    terms: tuple[tuple[int, int], ...] = ()  # variable, coefficient
    offset: int = 0

    def at(self, values: Values) -> int:
        """Its value."""
        return self.offset + sum(factor * values[at] for at, factor in self.terms)

    def write(self) -> str:
        """As a LinearExpressionProto, without braces."""
        variables = [at for at, _ in self.terms]
        factors = [factor for _, factor in self.terms]
        return f"vars: {variables} coeffs: {factors} offset: {self.offset}"


def one(variable: int, offset: int = 0) -> Sum:
    """A variable as a sum."""
    return Sum(((variable, 1),), offset)


@dataclass(frozen=True)
class Interval:
    """start + size = end, where all literals of `enforced` are true."""

    start: Sum
    size: Sum
    end: Sum
    enforced: tuple[int, ...] = ()


@dataclass(frozen=True)
class Constraint:
    """One constraint of a kind of CpModelProto; `parts` by the names of its fields."""

    kind: str
    parts: Mapping[str, Any]
    enforced: tuple[int, ...] = ()


@dataclass(frozen=True)
class CpInstance:
    """Variables by their domains (pairs of ends), intervals, constraints and an objective."""

    domains: tuple[tuple[int, ...], ...]
    constraints: tuple[Constraint, ...]
    intervals: tuple[Interval, ...] = ()
    objective: Sum | None = None
    maximize: bool = False
    enumerate_all: bool = False
    given_names: tuple[str, ...] = ()

    def holds_at(self, values: Values) -> bool:
        """Whether values are a solution."""
        inside = all(value in members for value, members in zip(values, self.members, strict=True))
        return (
            inside
            and all(interval_holds(interval, values) for interval in self.intervals)
            and all(constraint_holds(self, constraint, values) for constraint in self.constraints)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each variable."""
        return self.given_names or tuple(f"v{number}" for number in range(len(self.domains)))

    @cached_property
    def members(self) -> tuple[range | tuple[int, ...], ...]:
        """The values of each variable."""
        return tuple(
            tuple(
                value
                for low, high in zip(domain[::2], domain[1::2], strict=True)
                for value in range(low, high + 1)
            )
            for domain in self.domains
        )

    @property
    def size(self) -> int:
        """What a reduction makes smaller."""
        return len(write_proto(self))


def literal_at(literal: int, values: Values) -> bool:
    """Whether a literal is true."""
    return bool(values[literal]) if literal >= 0 else not values[-literal - 1]


def _enforced(literals: tuple[int, ...], values: Values) -> bool:
    return all(literal_at(literal, values) for literal in literals)


def interval_holds(interval: Interval, values: Values) -> bool:
    """Whether an interval's parts fit together."""
    if not _enforced(interval.enforced, values):
        return True
    size = interval.size.at(values)
    return size >= 0 and interval.start.at(values) + size == interval.end.at(values)


def constraint_holds(model: CpInstance, constraint: Constraint, values: Values) -> bool:
    """Whether a constraint is satisfied or not enforced."""
    if not _enforced(constraint.enforced, values):
        return True
    return _MEANINGS[constraint.kind](model, constraint.parts, values)


Meaning = Callable[[CpInstance, Mapping[str, Any], Values], bool]


def _linear(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    total, ends = parts["sum"].at(values), parts["domain"]
    return any(low <= total <= high for low, high in zip(ends[::2], ends[1::2], strict=True))


def _count(least: int, most: int | None) -> Meaning:
    def holds(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
        true = sum(literal_at(literal, values) for literal in parts["literals"])
        return true >= least and (most is None or true <= most)

    return holds


def _bool_and(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    return all(literal_at(literal, values) for literal in parts["literals"])


def _bool_xor(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    return sum(literal_at(literal, values) for literal in parts["literals"]) % 2 == 1


def _all_diff(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    seen = [expression.at(values) for expression in parts["exprs"]]
    return len(set(seen)) == len(seen)


def _element(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    index, members = parts["index"].at(values), parts["exprs"]
    if not 0 <= index < len(members):
        return False
    return bool(members[index].at(values) == parts["target"].at(values))


def _table(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    row = tuple(expression.at(values) for expression in parts["exprs"])
    return bool((row in parts["rows"]) != parts["negated"])


def _lin_max(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    most = max(expression.at(values) for expression in parts["exprs"])
    return bool(parts["target"].at(values) == most)


def _int_prod(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    product = 1
    for expression in parts["exprs"]:
        product *= expression.at(values)
    return bool(parts["target"].at(values) == product)


def _present(
    model: CpInstance, numbers: Sequence[int], values: Values
) -> Iterator[tuple[int, Interval]]:
    for at, number in enumerate(numbers):
        interval = model.intervals[number]
        if _enforced(interval.enforced, values):
            yield at, interval


def _no_overlap(model: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    spans = sorted(
        (interval.start.at(values), interval.end.at(values))
        for _, interval in _present(model, parts["intervals"], values)
    )
    return all(before[1] <= after[0] for before, after in pairwise(spans))


def _cumulative(model: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    present = list(_present(model, parts["intervals"], values))
    capacity = parts["capacity"].at(values)
    if capacity < 0:
        return False
    times = {interval.start.at(values) for _, interval in present}
    return all(_load(parts["demands"], present, time, values) <= capacity for time in times)


def _load(
    demands: Sequence[Sum], present: Sequence[tuple[int, Interval]], time: int, values: Values
) -> int:
    return sum(
        demands[at].at(values)
        for at, interval in present
        if interval.start.at(values) <= time < interval.end.at(values)
    )


def _circuit(_: CpInstance, parts: Mapping[str, Any], values: Values) -> bool:
    arcs = zip(parts["tails"], parts["heads"], parts["literals"], strict=True)
    chosen = [(tail, head) for tail, head, literal in arcs if literal_at(literal, values)]
    nodes = {*parts["tails"], *parts["heads"]}
    after = dict(chosen)
    if len(after) != len(chosen) or set(after) != nodes or set(after.values()) != nodes:
        return False
    moving = {tail for tail, head in after.items() if tail != head}
    if not moving:  # OR-Tools takes a circuit through no node for one
        return True
    start = min(moving)
    node, length = after[start], 1
    while node != start:
        node, length = after[node], length + 1
    return length == len(moving)


_MEANINGS: dict[str, Meaning] = {
    "linear": _linear,
    "bool_or": _count(1, None),
    "at_most_one": _count(0, 1),
    "exactly_one": _count(1, 1),
    "bool_and": _bool_and,
    "bool_xor": _bool_xor,
    "all_diff": _all_diff,
    "element": _element,
    "table": _table,
    "lin_max": _lin_max,
    "int_prod": _int_prod,
    "no_overlap": _no_overlap,
    "cumulative": _cumulative,
    "circuit": _circuit,
}


def write_proto(model: CpInstance) -> str:
    """The model as the text of a CpModelProto."""
    lines = [
        f'variables {{ name: "{name}" domain: {list(domain)} }}'
        for name, domain in zip(model.names, model.domains, strict=True)
    ]
    for interval in model.intervals:
        parts = (("start", interval.start), ("size", interval.size), ("end", interval.end))
        body = " ".join(f"{name} {{ {part.write()} }}" for name, part in parts)
        lines.append(_wrap(interval.enforced, f"interval {{ {body} }}"))
    for constraint in model.constraints:
        body = " ".join(_write_parts(constraint))
        lines.append(_wrap(constraint.enforced, f"{constraint.kind} {{ {body} }}"))
    if model.objective is not None:
        lines.append(_write_objective(model.objective, model.maximize))
    return "\n".join(lines) + "\n"


def _wrap(enforced: tuple[int, ...], body: str) -> str:
    literals = f"enforcement_literal: {list(enforced)} " if enforced else ""
    return f"constraints {{ {literals}{body} }}"


_RENAMED = {"index": "linear_index", "target": "linear_target"}


def _write_parts(constraint: Constraint) -> Iterator[str]:
    for name, part in constraint.parts.items():
        if name == "sum":  # its offset is on the other side
            yield f"vars: {[at for at, _ in part.terms]} coeffs: {[c for _, c in part.terms]}"
        elif name == "rows":
            yield f"values: {[value for row in part for value in row]}"
        elif isinstance(part, Sum):
            written = _RENAMED.get(name, name) if constraint.kind == "element" else name
            yield f"{written} {{ {part.write()} }}"
        elif name in ("exprs", "demands"):
            yield from (f"{name} {{ {expression.write()} }}" for expression in part)
        else:
            yield f"{name}: {str(part).lower() if isinstance(part, bool) else list(part)}"


def _write_objective(goal: Sum, maximize: bool) -> str:
    sign = -1 if maximize else 1
    variables = [at for at, _ in goal.terms]
    factors = [sign * factor for _, factor in goal.terms]
    scaling = "scaling_factor: -1" if maximize else "scaling_factor: 1"
    offset = sign * goal.offset
    return f"objective {{ vars: {variables} coeffs: {factors} offset: {offset} {scaling} }}"
