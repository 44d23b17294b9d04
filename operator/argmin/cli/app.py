"""The grammar of the command line; each command's work is imported when it is called.

Nothing here imports the API models, a solver or the Kubernetes client, so that `argmin --help`
and shell completion answer at once.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from argmin.cli.cluster.target import Target
from argmin.cli.manifests.object_names import ObjectName

app = typer.Typer(
    name="argmin",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Optimization models as Kubernetes objects: run them here, or in a cluster.",
    epilog="Exit codes: 0 complete, 1 failed, 2 invalid input, 3 not found, 4 no cluster or"
    " refused, 5 timeout, 6 something is not installed, 130 interrupted.",
)


class Output(StrEnum):
    """Formats of standard output."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class Form(StrEnum):
    """How `result` shows a solution."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ModelForm(StrEnum):
    """How a model is written."""

    MPS = "mps"
    LP = "lp"
    NL = "nl"
    CP_SAT = "cp-sat"
    PYTHON = "python"


_AS_DEFAULT = "With --backend: as if it were the namespace's default."

BackendOption = Annotated[
    str | None,
    typer.Option("--backend", metavar="NAME", help="Show the request that this backend would get."),
]
StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="s3://BUCKET/PREFIX", help=_AS_DEFAULT)
]
InstanceTypeOption = Annotated[
    str | None, typer.Option("--instance-type", metavar="TYPE", help=_AS_DEFAULT)
]
RoleArnOption = Annotated[str | None, typer.Option("--role-arn", metavar="ARN", help=_AS_DEFAULT)]
RegionOption = Annotated[str | None, typer.Option("--region", metavar="REGION", help=_AS_DEFAULT)]
ImageOption = Annotated[str | None, typer.Option("--image", metavar="IMAGE", help=_AS_DEFAULT)]


class Theme(StrEnum):
    """Colours of a chart."""

    LIGHT = "light"
    DARK = "dark"


Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE", help="YAML or JSON files; - is standard input."),
]
MoreFiles = Annotated[
    list[str] | None,
    typer.Option("-f", "--filename", metavar="FILE", help="Another file; may be repeated."),
]
OutputOption = Annotated[Output, typer.Option("-o", "--output", help="Format of the output.")]
Name = Annotated[
    ObjectName,
    typer.Argument(metavar="NAME", parser=ObjectName, help="Name of an object, or KIND/NAME."),
]
NameInFiles = Annotated[
    ObjectName | None,
    typer.Option(
        "--name", metavar="NAME", parser=ObjectName, help="Which object of the files, or KIND/NAME."
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option("-n", "--namespace", help="Namespace; that of the context where left out."),
]
Kubeconfig = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="Kubeconfig file to use.")
]
Context = Annotated[str | None, typer.Option("--context", help="Context of the kubeconfig.")]
Timeout = Annotated[
    str | None, typer.Option("--timeout", help="How long to wait, such as 90s, 10m or 1h30m.")
]
OutputDir = Annotated[
    Path | None,
    typer.Option("--output-dir", metavar="DIR", help="Folder for solution, log and outputs."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from argmin import __version__

        typer.echo(f"argmin {__version__}")
        raise typer.Exit


@app.callback()
def start(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Optimization models as Kubernetes objects: run them here, or in a cluster."""


@app.command()
def run(  # noqa: PLR0913, PLR0917 - the options of a command
    files: Files = None,
    more: MoreFiles = None,
    name: NameInFiles = None,
    volume: Annotated[
        list[str] | None,
        typer.Option(
            "--volume", metavar="CLAIM=DIR", help="A folder in the place of a volume claim."
        ),
    ] = None,
    no_retry: Annotated[
        bool, typer.Option("--no-retry", help="One attempt, whatever spec.backoffLimit says.")
    ] = False,
    upload: Annotated[
        bool,
        typer.Option("--upload", help="Bring result and outputs to the stores of the job too."),
    ] = False,
    output_dir: OutputDir = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Run a job as a process of this machine, without a cluster."""
    from argmin.cli.commands.run import RunRequest, run_here

    request = RunRequest(
        files=_join(files, more),
        name=name,
        volumes=tuple(volume or ()),
        output_dir=output_dir,
        may_retry=not no_retry,
        uploads=upload,
    )
    raise typer.Exit(run_here(request, output.value))


@app.command()
def submit(  # noqa: PLR0913, PLR0917 - the options of a command
    files: Files = None,
    more: MoreFiles = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the answer, and show it.")] = False,
    timeout: Timeout = None,
    output: OutputOption = Output.TABLE,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Apply all objects of the files to the cluster."""
    from argmin.cli.commands.submit import submit_files

    target = Target(namespace, kubeconfig, context)
    raise typer.Exit(submit_files(_join(files, more), target, output.value, wait, timeout))


@app.command()
def get(
    name: Annotated[
        ObjectName | None,
        typer.Argument(
            metavar="[NAME]", parser=ObjectName, help="One object, or KIND/NAME; all if none."
        ),
    ] = None,
    all_namespaces: Annotated[
        bool, typer.Option("-A", "--all-namespaces", help="Objects of all namespaces.")
    ] = False,
    output: OutputOption = Output.TABLE,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Show objects and their answers."""
    from argmin.cli.commands.get import show_objects

    target = Target(namespace, kubeconfig, context)
    raise typer.Exit(show_objects(name, target, output.value, all_namespaces))


@app.command()
def watch(
    name: Name,
    timeout: Timeout = None,
    output: OutputOption = Output.TABLE,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Follow an object until it is finished."""
    from argmin.cli.commands.watch import watch_object

    target = Target(namespace, kubeconfig, context)
    raise typer.Exit(watch_object(name, target, output.value, timeout))


@app.command()
def logs(
    name: Name,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the end.")] = False,
    output: OutputOption = Output.TABLE,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Print what the last run of an object printed."""
    from argmin.cli.commands.logs import print_logs

    target = Target(namespace, kubeconfig, context)
    raise typer.Exit(print_logs(name, target, output.value, follow))


@app.command()
def result(  # noqa: PLR0913, PLR0917 - the options of a command
    name: Name,
    form: Annotated[Form, typer.Option("--format", help="How to show the solution.")] = Form.TABLE,
    output: Annotated[
        Form | None, typer.Option("-o", "--output", help="The same as --format.")
    ] = None,
    output_dir: OutputDir = None,
    proof: Annotated[
        bool, typer.Option("--proof", help="Print the certificate of the answer, as JSON.")
    ] = False,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Show the solution of an object, or write it and the outputs to a folder."""
    from argmin.cli.commands.result import show_proof, show_result

    target = Target(namespace, kubeconfig, context)
    if proof:
        raise typer.Exit(show_proof(name, target, (output or form).value, output_dir))
    raise typer.Exit(show_result(name, target, (output or form).value, output_dir))


@app.command()
def check(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model file; for Python FILE.py:FUNCTION.")
    ],
    solution: Annotated[
        Path,
        typer.Argument(metavar="SOLUTION", help="A solution.json, or what a solver wrote."),
    ],
    proof: Annotated[Path | None, typer.Argument(metavar="[PROOF]", help="A proof.json.")] = None,
    form: Annotated[
        ModelForm | None, typer.Option("--format", help="How the model is written.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Hold an answer of any origin against a model file, exactly and without a solver."""
    from argmin.cli.commands.check import CheckRequest, check_answer

    request = CheckRequest(model, solution, proof, form and form.value)
    raise typer.Exit(check_answer(request, output.value))


@app.command()
def plot(
    source: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="A job that has ended, or a solution.json.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="A file.png, .svg or .html.")
    ],
    theme: Annotated[Theme, typer.Option("--theme", help="Colours.")] = Theme.LIGHT,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Draw how objective and bound of a job converged."""
    from argmin.cli.commands.plot import plot_course

    target = Target(namespace, kubeconfig, context)
    raise typer.Exit(plot_course(source, output, theme.value, target))


@app.command()
def plan(  # noqa: PLR0913, PLR0917 - the options of a command
    files: Files = None,
    more: MoreFiles = None,
    name: NameInFiles = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no cluster: as for a new object.")
    ] = False,
    backend: BackendOption = None,
    store: StoreOption = None,
    instance_type: InstanceTypeOption = None,
    role_arn: RoleArnOption = None,
    region: RegionOption = None,
    image: ImageOption = None,
    output: OutputOption = Output.TABLE,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Show what a reconcile would do with an object, and why; change nothing.

    With --backend: the very request that this backend would get, and the job document.
    """
    target = Target(namespace, kubeconfig, context)
    if backend is None:
        from argmin.cli.commands.plan import show_plan

        raise typer.Exit(show_plan(_join(files, more), name, target, output.value, offline))
    from argmin.cli.commands.plan_request import Fallbacks, show_request

    fallbacks = Fallbacks(store, instance_type, role_arn, region, image)
    raise typer.Exit(
        show_request(backend, _join(files, more), name, target, output.value, offline, fallbacks)
    )


@app.command()
def delete(
    name: Name,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is gone.")] = False,
    timeout: Timeout = None,
    output: OutputOption = Output.TABLE,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Delete an object; a run under way is stopped."""
    from argmin.cli.commands.delete import delete_object

    target = Target(namespace, kubeconfig, context)
    raise typer.Exit(delete_object(name, target, output.value, wait, timeout))


@app.command()
def solvers(output: OutputOption = Output.TABLE) -> None:
    """List the solvers that are installed here, and what each can do."""
    from argmin.cli.commands.solvers import show_solvers

    raise typer.Exit(show_solvers(output.value))


def _join(files: list[str] | None, more: list[str] | None) -> tuple[str, ...]:
    return (*(files or ()), *(more or ()))
