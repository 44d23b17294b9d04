"""`argmin delete`: a job and all that belongs to it."""

from __future__ import annotations

from argmin.cli.durations import read_timeout
from argmin.cli.errors import ExitStatus
from argmin.cli.following import follow
from argmin.cli.rendering import OutputFormat, open_console, write_data
from argmin.cli.session import open_session, run_command
from argmin.cli.target import Target
from argmin.plan import Manifest


def delete_job(
    name: str, target: Target, output: str, wait: bool, timeout: str | None
) -> ExitStatus:
    """Delete a job; with `wait`, return when it is gone."""
    seconds = read_timeout(timeout)
    deleted = run_command(_delete(name, target, wait, seconds))
    if output == OutputFormat.TABLE:
        done = "deleted" if wait else "is being deleted"
        open_console().print(f"optimizationjob.argmin.dev/{name} {done}")
    else:
        write_data(deleted, OutputFormat(output))
    return ExitStatus.OK


async def _delete(name: str, target: Target, wait: bool, seconds: float | None) -> Manifest:
    async with open_session(target) as session:
        job = await session.get_job(name)
        uid = job["metadata"]["uid"]
        await session.cluster.delete(session.key(name), uid)
        if wait:
            await follow(
                session,
                session.key(name),
                lambda seen: seen is None or seen["metadata"]["uid"] != uid,
                seconds,
            )
        return job
