"""`argmin logs`: what the last run of a job printed, from where it runs or from what was kept."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

from argmin.api.backend import BackendName
from argmin.api.optimization.spec import OptimizationJob
from argmin.cli.cluster.follow import get_patiently, is_finished
from argmin.cli.cluster.session import Session, open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import ExitStatus
from argmin.cli.logs.pods import PodLogs
from argmin.cli.logs.sagemaker import SageMakerLogs
from argmin.cli.output.formatting import OutputFormat, write_data, write_text
from argmin.plan import Manifest


def print_logs(name: str, target: Target, output: str, follow: bool) -> ExitStatus:
    """Print the log of a job's last run; with `follow`, until the job is finished."""
    if output == OutputFormat.TABLE:
        return run_command(_stream(name, target, follow))
    lines = run_command(_collect(name, target, follow))
    write_data({"name": name, "log": lines}, OutputFormat(output))
    return ExitStatus.OK


async def _stream(name: str, target: Target, follow: bool) -> ExitStatus:
    # A carriage return alone would write over the line, as progress bars do.
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    async with open_session(target) as session, aclosing(_read(session, name, follow)) as pieces:
        async for piece in pieces:
            write_text(lines.decode(piece) if sys.stdout.isatty() else piece)
    return ExitStatus.OK


async def _collect(name: str, target: Target, follow: bool) -> str:
    async with open_session(target) as session, aclosing(_read(session, name, follow)) as pieces:
        return "".join([piece async for piece in pieces])


async def _read(session: Session, name: str, follow: bool) -> AsyncGenerator[str]:
    """The newest attempt's log; where it is gone, the kept one. Following goes on to the next."""
    pods = PodLogs(session)
    async with SageMakerLogs(session) as sage_maker:
        found: Manifest | None = await session.get_job(name)
        while found is not None:
            job = OptimizationJob.model_validate(found)
            source = sage_maker if job.status.backend is BackendName.SAGE_MAKER else pods
            async with aclosing(source.read_on(job, follow=follow)) as pieces:
                async for piece in pieces:
                    yield piece
            if not follow or is_finished(job):
                if not (pods.has_read or sage_maker.has_read):
                    yield await source.read_kept(job)
                return
            source.tell_waiting(job)
            await asyncio.sleep(source.pause_seconds)
            found = await get_patiently(session, session.key(name))
