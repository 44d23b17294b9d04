"""`argmin get`: jobs and their answers."""

from __future__ import annotations

from argmin.api.optimization.spec import OptimizationJob
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import ExitStatus
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    render_jobs,
    utc_now,
    write_data,
)
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import Manifest


def show_jobs(name: str | None, target: Target, output: str, all_namespaces: bool) -> ExitStatus:
    """Show one job, or all of a namespace or of the cluster."""
    manifests, namespace = run_command(_fetch(name, target, all_namespaces))
    if output == OutputFormat.TABLE:
        _show_table(manifests, namespace)
    elif name is not None:
        write_data(manifests[0], OutputFormat(output))
    else:
        listing = {"apiVersion": "v1", "kind": "List", "items": manifests}
        write_data(listing, OutputFormat(output))
    return ExitStatus.OK


async def _fetch(
    name: str | None, target: Target, all_namespaces: bool
) -> tuple[list[Manifest], str | None]:
    async with open_session(target) as session:
        if name is not None:
            return [await session.get_job(name)], session.namespace
        namespace = None if all_namespaces else session.namespace
        return await session.cluster.list_all(OPTIMIZATION_JOBS, namespace), namespace


def _show_table(manifests: list[Manifest], namespace: str | None) -> None:
    if not manifests:
        where = f"in namespace {namespace}" if namespace else "in any namespace"
        open_console(stderr=True).print(f"No OptimizationJobs {where}.")
        return
    jobs = [OptimizationJob.model_validate(manifest) for manifest in manifests]
    table = render_jobs(jobs, utc_now(), namespaces=namespace is None)
    open_console().print(table)
