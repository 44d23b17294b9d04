"""A connection to a cluster for one command, with errors that name what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.runtime.kube.errors import (
    ApiError,
    ConnectError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)

if TYPE_CHECKING:
    from argmin.runtime.kube.client import Cluster

Result = TypeVar("Result")

_INSTALL_CLIENT = (
    "the commands for a cluster need the Kubernetes client, which is not installed here:"
    " pip install 'argmin-operator[operator]'"
)


@dataclass(frozen=True)
class Session:
    """An open connection."""

    cluster: Cluster
    namespace: str


@asynccontextmanager
async def open_session(target: Target) -> AsyncIterator[Session]:
    """Connect; errors of the cluster become errors of the command line.

    Raises:
        CliError: there is no client, no cluster, or the cluster refuses.
    """
    try:
        from argmin.runtime.kube.client import Cluster
    except ModuleNotFoundError as error:
        raise CliError(f"{_INSTALL_CLIENT} ({error})", ExitStatus.NOT_INSTALLED) from None
    _refuse_missing_kubeconfig(target)
    try:
        async with await Cluster.connect(target.kubeconfig, target.context) as cluster:
            yield Session(cluster, target.namespace or cluster.connection.namespace)
    except (ApiError, ConnectError) as error:
        raise translate_error(error) from None


def _refuse_missing_kubeconfig(target: Target) -> None:
    """Report a missing kubeconfig before the client reports what it lacks."""
    named = target.kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    files = [Path(file).expanduser() for file in named.split(os.pathsep)]
    if "KUBERNETES_SERVICE_HOST" in os.environ or any(file.exists() for file in files):
        return
    raise CliError(
        f"cannot use the kubeconfig {named}: there is no such file."
        " Name another with --kubeconfig or KUBECONFIG.",
        ExitStatus.UNREACHABLE,
    )


def translate_error(error: ApiError | ConnectError) -> CliError:
    """The error for the command line, with its exit code."""
    message = str(error)
    match error:
        case ConnectError() | UnavailableError():
            return CliError(message, ExitStatus.UNREACHABLE)
        case ForbiddenError():
            advice = "ask the administrators of the cluster for this right"
            return CliError(f"{message}\n{advice}", ExitStatus.UNREACHABLE)
        case NotFoundError():
            return CliError(message, ExitStatus.NOT_FOUND)
        case InvalidError():
            return CliError(message, ExitStatus.INVALID)
        case _:
            return CliError(message, ExitStatus.FAILED)


def run_command(command: Coroutine[Any, Any, Result]) -> Result:
    """Run a command of the cluster to its end."""
    return asyncio.run(command)
