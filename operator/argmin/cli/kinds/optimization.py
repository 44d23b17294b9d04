"""How the command line shows and runs OptimizationJobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import ValidationError
from rich.text import Text

from argmin.api.backend import BackendFields
from argmin.api.conditions import VERIFIED, find_condition
from argmin.api.files import Output
from argmin.api.meta import ConditionStatus
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.api.optimization.status import rename_older
from argmin.api.optimization.stored_status import drop_unreadable, join_path
from argmin.api.progress import SearchProgress
from argmin.api.solve.proof import Proof
from argmin.backends.defaults import Defaults
from argmin.backends.dispatch import list_unreadable
from argmin.backends.execution import RunMemory
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.cli.charts.terminal import Course, draw_convergence
from argmin.cli.kinds.run_view import RunView
from argmin.cli.kinds.view import UNREADABLE, Details, Display, KindView
from argmin.cli.output.formatting import format_span, shorten, style_state
from argmin.cli.output.progress import describe_search
from argmin.optimization.build_run import build_run
from argmin.optimization.local_run import conclude, refuse
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.status import to_wire
from argmin.optimization.verification import describe_check, describe_proof
from argmin.plan import Manifest

_LEADS_TO_RUN = {"runName", "solutionRef", *(f.alias for f in BackendFields.model_fields.values())}
"""Fields of the status by which the log and the result are found."""


class _LocalJobs:
    """Jobs as processes of this machine."""

    def build_run(self, manifest: Manifest, defaults: Defaults, root: str) -> Run:
        return build_run(OptimizationJob.model_validate(manifest), defaults, root)

    def conclude(self, manifest: Manifest, run: Run, state: RunState, now: datetime) -> Manifest:
        return to_wire(conclude(OptimizationJob.model_validate(manifest), run, state, now))

    def refuse(self, reason: str, message: str, now: datetime) -> Manifest:
        return to_wire(refuse(reason, message, now))


class OptimizationView(KindView):
    """Jobs with their answer, or where their search stands while they have none."""

    local = _LocalJobs()
    headings = ("STATE", "OUTCOME", "OBJECTIVE", "PROOF", "BOUND", "GAP", "SOLVER")

    def list_cells(self, manifest: Manifest, _now: datetime) -> Sequence[str]:
        """The answer, or where the search stands."""
        status, unreadable = _read_stored(manifest)
        stand = status.progress or status
        level = status.proof.level if status.proof else None
        cells = {
            "state": status.state,
            "outcome": status.outcome,
            "objective": stand.objective,
            "proof": level,
            "bestBound": shorten(stand.best_bound),
            "gap": shorten(stand.gap, 4),
            "solver": status.solver,
        }
        absent = {name: UNREADABLE if name in unreadable else "" for name in cells}
        return [absent[n] if value in (None, "") else str(value) for n, value in cells.items()]

    def describe(self, manifest: Manifest, since: timedelta = timedelta(0)) -> Details:
        """The result, the solver, and why it ended; while it runs, where its search stands."""
        status, unreadable = _read_stored(manifest)
        yield "job", Text(str(manifest["metadata"]["name"]), style="bold")
        yield "state", style_state(_name_state(status, unreadable))
        lines = _describe_answer(status)
        if status.progress:
            lines = {**_describe_progress(status.progress, since), "attempts": lines["attempts"]}
        yield from (
            (label, Text(str(value))) for label, value in lines.items() if value is not None
        )
        yield from ((metric.name, Text(metric.value)) for metric in status.metrics)
        for output in status.outputs:
            yield f"output {output.name}", Text(f"{output.files} files, {output.bytes} bytes")
        if unreadable:
            names = ", ".join(sorted(unreadable))
            yield "not readable", Text(f"{names} (written by another version of argmin)")
        why = self.explain_end(manifest)
        if why:
            yield "reason", Text(f"{why.reason}: {why.message}" if why.message else why.reason)

    def summarise(self, manifest: Manifest) -> list[str]:
        """State, answer, and where the search stands."""
        status, unreadable = _read_stored(manifest)
        parts = [_name_state(status, unreadable)]
        parts += [str(part) for part in (status.outcome, status.objective) if part]
        parts += [f"gap {shorten(status.gap, 4)}"] if status.gap else []
        parts += [describe_search(status.progress)] if status.progress else []
        parts += [f"{len(status.attempts)} attempts"] if len(status.attempts) > 1 else []
        return parts

    def open_display(self, clock: Callable[[], float]) -> Display:
        """A display with the chart of the search."""
        return _SearchDisplay(self, clock)

    def find_run(self, manifest: Manifest) -> RunView:
        """The run of the present spec."""
        status, unreadable = _read_stored(manifest)
        name, reference = manifest["metadata"]["name"], status.solution_ref
        outputs = _list_readable_outputs(manifest)
        names = [o.name for o in outputs] + [o.name for o in status.outputs]
        return RunView(
            owner=name,
            kind=self.info.name,
            uid=manifest["metadata"].get("uid", ""),
            is_finished=self.is_finished(manifest),
            name=status.run_name,
            backend=status.backend,
            backend_status=status.sage_maker,
            has_result=reference is not None,
            config_map=reference.config_map if reference else None,
            stored=reference.s3 if reference else None,
            # A status that had to be short may have left some out.
            outputs=tuple(dict.fromkeys(names)),
            has_files=any(output.files for output in status.outputs),
            places={o.name: f"s3://{o.s3.bucket}/{o.s3.prefix}" for o in outputs if o.s3},
            why_uncertified=_explain_uncertified(name, status.proof),
            unreadable=_list_lost(status, unreadable),
        )


class _SearchDisplay(Display):
    """A job with the chart of its search."""

    def __init__(self, view: KindView, clock: Callable[[], float]) -> None:
        super().__init__(view, clock)
        self._course = Course()
        self._progress: SearchProgress | None = None
        self._reported_at = 0.0

    def show(self, manifest: Manifest) -> None:
        super().show(manifest)
        status = _read_status(manifest)
        if status.progress and status.progress != self._progress:
            self._reported_at = self.clock()
            self._course.add(status.progress)
        elif self._progress and status.objective is not None:
            seconds = float(status.solve_seconds or 0)
            self._course.end(seconds, status.objective, status.best_bound)
        self._progress = status.progress

    @property
    def _seconds_since(self) -> float:
        return self.clock() - self._reported_at

    def describe(self) -> Details:
        if self.manifest is None:
            return ()
        return self.view.describe(self.manifest, timedelta(seconds=self._seconds_since))

    def draw(self, width: int, rows: int) -> Text | None:
        """Up to the present while the search goes on."""
        sightings = self._course.sightings
        if not sightings:
            return None
        until = sightings[-1].seconds + (self._seconds_since if self._progress else 0.0)
        return draw_convergence(sightings, until, width, rows)


def _read_status(manifest: Manifest) -> OptimizationJobStatus:
    return _read_stored(manifest)[0]


def _read_stored(manifest: Manifest) -> tuple[OptimizationJobStatus, frozenset[str]]:
    """The status without what this version cannot read, and the names of the fields affected."""
    stored = rename_older(manifest.get("status") or {})
    try:
        return OptimizationJobStatus.model_validate(stored), frozenset()
    except ValidationError as error:
        problems = [problem["loc"] for problem in error.errors()]
    readable = OptimizationJobStatus.model_validate(drop_unreadable(stored, problems))
    return readable, frozenset(str(place[0]) for place in problems)


def _name_state(status: OptimizationJobStatus, unreadable: frozenset[str]) -> str:
    return UNREADABLE if "state" in unreadable else str(status.state or "Pending")


def _list_readable_outputs(manifest: Manifest) -> list[Output]:
    outputs = []
    for listed in (manifest.get("spec") or {}).get("outputs") or ():
        with suppress(ValidationError):
            outputs.append(Output.model_validate(listed))
    return outputs


def _list_lost(status: OptimizationJobStatus, unreadable: frozenset[str]) -> tuple[str, ...]:
    """The fields that lead to the run and cannot be read.

    The backends are asked as of a run that has not ended: its log is wanted afterwards too.
    """
    job = status.sage_maker and status.sage_maker.model_copy(update={"status": None})
    memory = RunMemory(status.model_copy(update={"sage_maker": job}))
    return (*sorted(unreadable & _LEADS_TO_RUN), *map(join_path, list_unreadable(memory)))


def _explain_uncertified(name: str, proof: Proof | None) -> str:
    if proof is None:
        return f"{name} has no proof: what a program of one's own finds is its own word"
    return f"{name} has no certificate: {describe_proof(proof)}"


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
    verdict = {ConditionStatus.TRUE: "yes", ConditionStatus.FALSE: "no"}.get(
        found.status, "unknown"
    )
    message = describe_check(status.verification) if status.verification else found.message
    return f"{verdict}: {message}" if message else verdict


def _describe_proof(proof: Proof) -> str:
    by = (proof.by, proof.seconds and f"{proof.seconds} s", proof.bound and f"bound {proof.bound}")
    details = ", ".join(part for part in by if part)
    return f"{describe_proof(proof)} ({details})" if details else describe_proof(proof)


def _describe_progress(progress: SearchProgress, since: timedelta) -> dict[str, object]:
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


def _join(*parts: object) -> str | None:
    present = [str(part) for part in parts if part]
    return " ".join(present) or None
