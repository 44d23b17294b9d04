"""Jobs that run nothing: hundreds of them at once, for tests of load."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from moto.s3.models import s3_backends

from tests.aws.control import Simulation
from tests.aws.processing.jobs import COMPLETED, FAILED, STOPPED, Ending, ProcessingJob
from tests.aws.processing.log_stream import LogStream
from tests.aws.processing.outputs import list_outputs
from tests.aws.server.registry import Context

TICK_SECONDS = 0.05


def simulate(job: ProcessingJob, context: Context) -> Ending:
    """End after the time, with the message and the files, that the settings say."""
    plan = context.world.settings.simulation
    job.runs_in = "simulated"
    job.started = datetime.now(UTC)
    if _live(job, plan):
        world = context.world
        while not world.settings.simulation.stops and not job.kill.wait(TICK_SECONDS):
            pass
        return Ending(STOPPED, exit_message=plan.exit_message or None)
    targets = {output.name: output for output in list_outputs(job.request)}
    store = s3_backends[job.account]["aws"]
    for path, text in plan.outputs.items():
        name, _, relative = path.partition("/")
        if name in targets:
            bucket, key = targets[name].locate(relative)
            store.put_object(bucket, key, text.encode())
    message = plan.exit_message or None
    if plan.exit_code:
        return Ending(FAILED, f"AlgorithmError: , exit code: {plan.exit_code}", message)
    return Ending(COMPLETED, None, message)


def _live(job: ProcessingJob, plan: Simulation) -> bool:
    """Let the time of a job pass; whether it was told to stop."""
    if not plan.log:
        return job.stop.wait(plan.seconds)
    reading, writing = os.pipe()
    name = f"{job.name}/algo-1-{int(time.time())}"
    stream = LogStream(job.account, job.region, name, os.fdopen(reading, "rb"))
    end, number, stopped = time.monotonic() + plan.seconds, 0, False
    with os.fdopen(writing, "w") as log:
        while not stopped and (left := end - time.monotonic()) > 0:
            print(plan.log.replace("{n}", str(number)), file=log, flush=True)
            number, stopped = number + 1, job.stop.wait(min(1.0, left))
    stream.close()
    return stopped
