"""``python -m tests.cluster``: the development cluster on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tests.cluster import DEFAULT_NAME, audit_log_path, build_images, cluster
from tests.cluster.api_server import ApiServerProvider
from tests.cluster.binaries import MODULE_OF, binary
from tests.cluster.cache import cluster_folder
from tests.cluster.errors import ClusterError
from tests.cluster.images import build_archives, wanted_images
from tests.cluster.native import NativeProvider
from tests.cluster.progress import console, say
from tests.cluster.provider import Provider
from tests.cluster.state import load_state

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="A real Kubernetes cluster for development."
)
Name = Annotated[str, typer.Option("--name", help="Which cluster.")]
Kind = Annotated[
    str | None, typer.Option("--provider", help="auto, existing, kind or native (default: auto).")
]


@app.command()
def up(
    name: Name = DEFAULT_NAME,
    provider: Kind = None,
    nodes: Annotated[int, typer.Option(help="At least so many nodes.")] = 1,
    apiserver_only: Annotated[
        bool, typer.Option("--apiserver-only", help="etcd and kube-apiserver, no node.")
    ] = False,
) -> None:
    """Have a ready cluster; nothing happens if there is one."""
    if apiserver_only:
        chosen: Provider = ApiServerProvider(name)
        chosen.up()
    else:
        chosen = cluster(name, provider)
        chosen.up(nodes)
    say(f"cluster {name} is ready: export KUBECONFIG={chosen.kubeconfig()}")


@app.command()
def down(name: Name = DEFAULT_NAME, provider: Kind = None) -> None:
    """Remove the cluster and every trace of it."""
    _find(name, provider).down()


@app.command()
def status(name: Name = DEFAULT_NAME, provider: Kind = None) -> None:
    """Show whether the cluster runs; the exit code is 1 if it does not."""
    found = _find(name, provider).status()
    typer.echo(f"{found.name} ({found.provider}): {'running' if found.running else 'not running'}")
    for line in (found.server, *found.nodes, found.detail):
        if line:
            typer.echo(f"  {line}")
    if not found.running:
        raise typer.Exit(1)


@app.command()
def kubeconfig(name: Name = DEFAULT_NAME, provider: Kind = None) -> None:
    """Print the path of the administrator's kubeconfig."""
    typer.echo(_find(name, provider).kubeconfig())


@app.command()
def images(name: Name = DEFAULT_NAME, provider: Kind = None) -> None:
    """Build the operator's and the solvers' images and load them into every node."""
    typer.echo(build_images(_find(name, provider)).model_dump_json(indent=2))


@app.command()
def load(
    archives: Annotated[list[Path], typer.Argument(help="Files that `docker save` writes.")],
    name: Name = DEFAULT_NAME,
    provider: Kind = None,
) -> None:
    """Load image archives into every node."""
    _find(name, provider).load_images([archive.resolve() for archive in archives])


@app.command()
def add_node(name: Name = DEFAULT_NAME) -> None:
    """Add a node to a native cluster and print its name."""
    typer.echo(NativeProvider(name).add_node())


@app.command()
def remove_node(
    node: Annotated[str, typer.Argument(help="Its name.")], name: Name = DEFAULT_NAME
) -> None:
    """Kill all of a native node at once, as a power cut would."""
    NativeProvider(name).remove_node(node)


@app.command()
def tools() -> None:
    """Build the programs only and print where they are."""
    for program in MODULE_OF:
        if program != "kind":
            typer.echo(binary(program))


@app.command()
def prepare() -> None:
    """Build the programs and the images that are missing, for a test that wants them later."""
    tools()
    if isinstance(cluster(), NativeProvider):
        for archive in build_archives(wanted_images()):
            typer.echo(archive)


@app.command()
def logs(
    component: Annotated[str, typer.Argument(help="kubelet, kube-apiserver, audit, …")],
    name: Name = DEFAULT_NAME,
    lines: Annotated[int, typer.Option(help="How many, from the end.")] = 200,
) -> None:
    """Print the end of a component's log, of every node that has one."""
    folder = cluster_folder(name) / "logs"
    found = [audit_log_path(name)] if component == "audit" else []
    found += sorted(folder.rglob(f"{component}.log"))
    if not found:
        known = sorted({path.stem for path in folder.rglob("*.log")} | {"audit"})
        raise ClusterError(f"no log of {component!r}; there are: {', '.join(known)}")
    for path in found:
        say(f"[bold]{path}[/]")
        text = path.read_text(errors="replace").splitlines()
        typer.echo("\n".join(text[-lines:]))


def _find(name: str, provider: str | None) -> Provider:
    """The cluster that was started under this name, else what the machine would start."""
    state = load_state(name)
    if state and state.kind == "api-server":
        return ApiServerProvider(name)
    if state and provider is None:
        return NativeProvider(name)
    return cluster(name, provider)


def main() -> None:
    """Run the command line; what the reader can act on is shown without a traceback."""
    try:
        app()
    except ClusterError as error:
        console.print("[red]error:[/]", end=" ")
        console.print(str(error), markup=False, soft_wrap=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
