"""`python -m tests.aws`: AWS for laptops on the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tests.aws.emulator import Aws
from tests.aws.environment import EmulatorError
from tests.aws.running import DEFAULT_NAME, Running, find, start, stop
from tests.aws.seed import BUCKET, JOB_ROLE
from tests.cluster import cluster
from tests.cluster.errors import ClusterError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="S3, SageMaker and more, on this machine."
)
Name = Annotated[str, typer.Option("--name", help="Which emulator.")]
LOOPBACK = "127.0.0.1"


@app.command()
def up(
    name: Name = DEFAULT_NAME,
    host: Annotated[
        list[str] | None, typer.Option(help="Address to listen on, beside the loopback.")
    ] = None,
    port: Annotated[int, typer.Option(help="The same on each address; 0: a free one.")] = 0,
    beside: Annotated[
        str | None,
        typer.Option("--cluster", help="Listen where the pods of this development cluster look."),
    ] = None,
) -> None:
    """Start the emulator; nothing happens if it runs."""
    hosts = [LOOPBACK, *(host or ())]
    reachable = _host_address(beside) if beside else None
    running = start(name, [*hosts, *([reachable] if reachable else [])], port)
    typer.echo(f"AWS is at {running.url}, with the bucket {BUCKET} and the role {JOB_ROLE}")
    for address in running.hosts[1:]:
        typer.echo(f"  also at {Aws(running.url).environment(address)['AWS_ENDPOINT_URL']}")
    named = "" if name == DEFAULT_NAME else f" --name {name}"
    typer.echo(f'To use it: eval "$(python -m tests.aws env{named})"')


@app.command()
def down(name: Name = DEFAULT_NAME) -> None:
    """Stop the emulator and all its jobs, without a trace."""
    typer.echo("stopped" if stop(name) else "nothing ran")


@app.command()
def status(name: Name = DEFAULT_NAME) -> None:
    """Show its jobs; the exit code is 1 if it does not run."""
    running = _find(name)
    aws = Aws(running.url)
    typer.echo(f"{name}: {running.url} (process {running.pid}), {len(aws.calls())} calls")
    for job in aws.jobs():
        typer.echo(f"  {job.status:<11} {job.name}  {job.runs_in}  {job.failure_reason or ''}")


@app.command()
def env(
    name: Name = DEFAULT_NAME,
    host: Annotated[str | None, typer.Option(help="The address under which it is seen.")] = None,
) -> None:
    """Print the variables of AWS's clients, for `eval`."""
    for key, value in Aws(_find(name).url).environment(host).items():
        typer.echo(f"export {key}={value}")


def _find(name: str) -> Running:
    running = find(name)
    if running is None:
        raise EmulatorError(f"no emulator {name!r} runs: start it with `make aws-up`")
    return running


def _host_address(name: str) -> str | None:
    """Where the pods of a cluster see this machine; `None` where that cluster does not run."""
    try:
        provider = cluster(name)
        return provider.host_address() if provider.status().running else None
    except ClusterError as error:
        typer.echo(f"on the loopback only: {error}", err=True)
        return None


def main() -> None:
    """Run the command line; what the reader can act on is shown without a traceback."""
    try:
        app()
    except (EmulatorError, ClusterError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
