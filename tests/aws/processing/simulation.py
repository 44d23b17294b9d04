"""Jobs that run nothing: hundreds of them at once, for tests of load."""

from __future__ import annotations

from datetime import UTC, datetime

from moto.s3.models import s3_backends

from tests.aws.processing.jobs import COMPLETED, FAILED, STOPPED, Ending, ProcessingJob
from tests.aws.processing.outputs import list_outputs
from tests.aws.server.registry import Context


def simulate(job: ProcessingJob, context: Context) -> Ending:
    """End after the time, with the message and the files, that the settings say."""
    plan = context.world.settings.simulation
    job.runs_in = "simulated"
    job.started = datetime.now(UTC)
    if job.stop.wait(plan.seconds):
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
