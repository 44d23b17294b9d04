"""How objects are shown: tables for people, JSON and YAML for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import yaml
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from argmin.api.conditions import COMPLETE, FAILED, STALLED, VERIFIED, find_condition
from argmin.api.meta import Condition, ConditionStatus
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.api.progress import Progress
from argmin.api.solve.proof import Proof
from argmin.api.text import clean
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.verification import describe_check, describe_proof

_UNBOUNDED_WIDTH = 10_000
"""Width for a pipe or file, which gets unwrapped lines."""

_STYLES = {"Complete": "green", "Failed": "red", "Stalled": "red", "Running": "cyan"}


class OutputFormat(StrEnum):
    """The formats of `--output`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class _CleanConsole(Console):
    """Shows control characters of a text as U+FFFD; rich's own go through."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is to be written, piece by piece."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


def open_console(*, stderr: bool = False) -> Console:
    """A console on standard output or error, as wide as needed where it is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _UNBOUNDED_WIDTH
    return _CleanConsole(
        stderr=stderr,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not stream.isatty(),
    )


def write_text(text: str) -> None:
    """Write to standard output.

    Whatever a program printed rewrites no terminal; into a pipe or a file it goes as it is.
    """
    sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def write_data(data: Any, output: OutputFormat) -> None:
    """Write one JSON or YAML document to standard output."""
    if output is OutputFormat.YAML:
        text = _to_yaml(data)
    else:
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    write_text(text)


def write_documents(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Write YAML documents to standard output."""
    for manifest in manifests:
        write_text(f"---\n{_to_yaml(manifest)}")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _to_yaml(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def render_rows(headings: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """A table as kubectl writes it: no lines, columns three blanks apart."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="")
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=True)
    table.add_column(headings[-1], overflow="fold")
    for row in rows:
        table.add_row(*(_style(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def _style(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))


def render_jobs(jobs: Iterable[OptimizationJob], now: datetime, *, namespaces: bool) -> Table:
    """One line a job: its answer, or where its search stands while it has none."""
    headings = ["NAME", "STATE", "OUTCOME", "OBJECTIVE", "PROOF", "BOUND", "GAP", "SOLVER", "AGE"]
    rows = [[job.metadata.name, *_summarise(job.status), _age_of(job, now)] for job in jobs]
    if namespaces:
        headings.insert(0, "NAMESPACE")
        rows = [[job.metadata.namespace, *row] for job, row in zip(jobs, rows, strict=True)]
    return render_rows(headings, rows)


def _summarise(status: OptimizationJobStatus) -> list[str]:
    stand = status.progress or status
    level = status.proof.level if status.proof else None
    numbers = (stand.objective, level, shorten(stand.best_bound), shorten(stand.gap, 4))
    fields = (status.state, status.outcome, *numbers, status.solver)
    return [str(value) if value is not None else "" for value in fields]


def _age_of(job: OptimizationJob, now: datetime) -> str:
    created = job.metadata.creation_timestamp
    return format_span(now - created) if created else ""


def format_span(span: timedelta) -> str:
    """A span as kubectl writes an age: `42s`, `5m12s`, `3h`, `12d`; finer where it is short."""
    seconds = max(0, int(span.total_seconds()))
    units = (("d", 86400, 8, ("h", 3600)), ("h", 3600, 8, ("m", 60)), ("m", 60, 10, ("s", 1)))
    for unit, size, fine, (smaller, part) in units:
        if seconds >= 2 * size:
            count, rest = divmod(seconds, size)
            tail = f"{rest // part}{smaller}" if count < fine and rest // part else ""
            return f"{count}{unit}{tail}"
    return f"{seconds}s"


def render_status(
    name: str, status: OptimizationJobStatus, since: timedelta = timedelta(0)
) -> Table:
    """The answer in a few lines: the result, the solver, and why it ended.

    While it runs, where its search stands; `since` is how long ago that was seen.
    """
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    for label, value in _describe(name, status, since):
        table.add_row(Text(label, style="dim"), value)
    return table


def _describe(
    name: str, status: OptimizationJobStatus, since: timedelta
) -> Iterable[tuple[str, Text]]:
    state = str(status.state or "Pending")
    yield "job", Text(name, style="bold")
    yield "state", Text(state, style=_STYLES.get(state, ""))
    lines = _describe_answer(status)
    if status.progress:
        lines = {**_describe_progress(status.progress, since), "attempts": lines["attempts"]}
    yield from ((label, Text(str(value))) for label, value in lines.items() if value is not None)
    yield from ((metric.name, Text(metric.value)) for metric in status.metrics)
    for output in status.outputs:
        yield f"output {output.name}", Text(f"{output.files} files, {output.bytes} bytes")
    why = explain_end(status)
    if why:
        yield "reason", Text(f"{why.reason}: {why.message}" if why.message else why.reason)


def _describe_answer(status: OptimizationJobStatus) -> dict[str, object]:
    return {
        "outcome": status.outcome,
        "objective": _join(status.objective, status.sense and f"({status.sense})"),
        "best bound": _join(status.best_bound, status.gap and f"(gap {shorten(status.gap, 4)})"),
        "solutions": status.solutions,
        "verified": _describe_check(status),
        "proof": _describe_proof(status.proof) if status.proof else None,
        "solver": _join(status.solver, status.solver_version),
        "time": status.solve_seconds and f"{status.solve_seconds} s",
        "attempts": len(status.attempts) or None,
    }


def _describe_check(status: OptimizationJobStatus) -> str | None:
    found = find_condition(status.conditions, VERIFIED)
    if found is None or found.reason == ConditionReason.NO_ANSWER:
        return None
    word = {ConditionStatus.TRUE: "yes", ConditionStatus.FALSE: "no"}.get(found.status, "unknown")
    message = describe_check(status.verification) if status.verification else found.message
    return f"{word}: {message}" if message else word


def _describe_proof(proof: Proof) -> str:
    by = (proof.by, proof.seconds and f"{proof.seconds} s", proof.bound and f"bound {proof.bound}")
    told = ", ".join(part for part in by if part)
    return f"{describe_proof(proof)} ({told})" if told else describe_proof(proof)


def _describe_progress(progress: Progress, since: timedelta) -> dict[str, object]:
    elapsed = timedelta(seconds=progress.elapsed_seconds) + since
    age = progress.incumbent_seconds
    found = None if age is None else f"(found {format_span(timedelta(seconds=age) + since)} ago)"
    return {
        "objective": progress.objective and _join(progress.objective, found),
        "best bound": _join(
            progress.best_bound, progress.gap and f"(gap {shorten(progress.gap, 4)})"
        ),
        "solutions": progress.solutions,
        "nodes": progress.nodes,
        "iterations": progress.iterations,
        "time": format_span(elapsed),
    }


def explain_end(status: OptimizationJobStatus) -> Condition | None:
    """The condition with the reason why a job ended or is stalled."""
    for kind in (FAILED, STALLED, COMPLETE):
        found = find_condition(status.conditions, kind)
        if found and found.status is ConditionStatus.TRUE:
            return found
    return None


def render_conditions(conditions: Iterable[Condition], now: datetime) -> Table:
    """The conditions, one a line; only those that hold stand out."""
    rows = (_list_cells(condition, now) for condition in conditions)
    return render_rows(["CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"], rows)


def _list_cells(condition: Condition, now: datetime) -> Sequence[str | Text]:
    holds = condition.status is ConditionStatus.TRUE
    return (
        _style(condition.type) if holds else Text(condition.type),
        condition.status.value,
        Text(condition.reason),
        format_span(now - condition.last_transition_time),
        condition.message,
    )


def _join(*parts: object) -> str | None:
    present = [str(part) for part in parts if part]
    return " ".join(present) or None


def shorten(number: str | None, digits: int = 10) -> str | None:
    """A decimal text for people; as it is where it has no more digits than these."""
    if number is None or sum(map(str.isdigit, number)) <= digits:
        return number
    try:
        return f"{float(number):.{digits}g}"
    except ValueError:  # text of a program instead of a number
        return number


def utc_now() -> datetime:
    """The time, for ages and transition times."""
    return datetime.now(UTC)
