"""The life of a processing job, from its creation to its end, in a thread of its own."""

from __future__ import annotations

import threading
import traceback
from datetime import UTC, datetime

from tests.aws.control import INTERNAL_ERROR
from tests.aws.processing.execution import execute
from tests.aws.processing.jobs import FAILED, STOPPED, Ending, ProcessingJob
from tests.aws.processing.simulation import simulate
from tests.aws.processing.state_events import mark_stopping, publish_state
from tests.aws.server.registry import Context


def start_job(job: ProcessingJob, context: Context) -> None:
    """Let a job live."""
    publish_state(job, context.world)
    job.thread = threading.Thread(
        target=_live, args=(job, context), name=f"job {job.name}", daemon=True
    )
    job.thread.start()


def stop_job(job: ProcessingJob, context: Context) -> None:
    """Tell a job to stop; its own thread says when it has."""
    mark_stopping(job, context.world)
    job.stop.set()
    context.world.jobs.places.look_again()


def _live(job: ProcessingJob, context: Context) -> None:
    try:
        ending = _run(job, context)
    except Exception:  # noqa: BLE001 - the platform's own failure, which AWS calls by this name
        traceback.print_exc()
        ending = Ending(FAILED, INTERNAL_ERROR)
    job.ending = ending
    job.ended = job.modified = datetime.now(UTC)
    job.status = ending.status
    publish_state(job, context.world)


def _run(job: ProcessingJob, context: Context) -> Ending:
    world = context.world
    if job.stop.wait(world.settings.start_delay_seconds):
        return Ending(STOPPED)
    with world.jobs.places.take(job.stop) as granted:
        if not granted:
            return Ending(STOPPED)
        failure = world.take_job_failure()
        if failure:
            return Ending(FAILED, failure)
        if world.settings.execution == "simulated":
            return simulate(job, context)
        return execute(job, context)
