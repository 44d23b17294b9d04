"""How the command line shows and runs OptimizationJobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError
from rich.text import Text

from argmin.api.conditions import VERIFIED, find_condition
from argmin.api.meta import ConditionStatus
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.api.optimization.stored_status import drop_unreadable
from argmin.api.progress import SearchProgress
from argmin.api.solve.proof import Proof
from argmin.backends.defaults import Defaults
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.cli.charts.terminal import Course, draw_convergence
from argmin.cli.kinds.run_view import RunView
from argmin.cli.kinds.view import Details, Display, KindView
from argmin.cli.output.formatting import format_span, shorten, style_state
from argmin.cli.output.progress import describe_search
from argmin.optimization.build_run import build_run
from argmin.optimization.local_run import conclude, refuse
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.status import to_wire
from argmin.optimization.verification import describe_check, describe_proof
from argmin.plan import Manifest


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
        status = _read_status(manifest)
        stand = status.progress or status
        level = status.proof.level if status.proof else None
        numbers = (stand.objective, level, shorten(stand.best_bound), shorten(stand.gap, 4))
        fields = (status.state, status.outcome, *numbers, status.solver)
        return [str(value) if value is not None else "" for value in fields]

    def describe(self, manifest: Manifest, since: timedelta = timedelta(0)) -> Details:
        """The result, the solver, and why it ended; while it runs, where its search stands."""
        status = _read_status(manifest)
        yield "job", Text(str(manifest["metadata"]["name"]), style="bold")
        yield "state", style_state(str(status.state or "Pending"))
        lines = _describe_answer(status)
        if status.progress:
            lines = {**_describe_progress(status.progress, since), "attempts": lines["attempts"]}
        yield from (
            (label, Text(str(value))) for label, value in lines.items() if value is not None
        )
        yield from ((metric.name, Text(metric.value)) for metric in status.metrics)
        for output in status.outputs:
            yield f"output {output.name}", Text(f"{output.files} files, {output.bytes} bytes")
        why = self.explain_end(manifest)
        if why:
            yield "reason", Text(f"{why.reason}: {why.message}" if why.message else why.reason)

    def summarise(self, manifest: Manifest) -> list[str]:
        """State, answer, and where the search stands."""
        status = _read_status(manifest)
        parts = [str(status.state or "Pending")]
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
        job = OptimizationJob.model_validate({**manifest, "status": _list_readable(manifest)})
        status, reference = job.status, job.status.solution_ref
        names = [o.name for o in job.spec.outputs] + [o.name for o in status.outputs]
        own = [output for output in job.spec.outputs if output.s3]
        return RunView(
            owner=job.metadata.name,
            kind=self.info.name,
            uid=job.metadata.uid,
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
            places={o.name: f"s3://{o.s3.bucket}/{o.s3.prefix}" for o in own if o.s3},
            why_uncertified=_explain_uncertified(job),
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
    return OptimizationJobStatus.model_validate(_list_readable(manifest))


def _list_readable(manifest: Manifest) -> Manifest:
    """The status without what this version cannot read: a newer operator may have written it."""
    status = manifest.get("status") or {}
    try:
        OptimizationJobStatus.model_validate(status)
    except ValidationError as error:
        return drop_unreadable(status, [problem["loc"] for problem in error.errors()])
    return status


def _explain_uncertified(job: OptimizationJob) -> str:
    name, proof = job.metadata.name, job.status.proof
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
