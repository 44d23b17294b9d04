"""A connection to a cluster for one command, with errors that say what to do."""

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
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import Key, Manifest
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
_INSTALL_OPERATOR = (
    "this cluster does not know optimizationjobs.argmin.dev: install argmin there,"
    " helm install argmin charts/argmin"
)


@dataclass(frozen=True)
class Session:
    """An open connection."""

    cluster: Cluster
    namespace: str

    def key(self, name: str) -> Key:
        """The key of a job in the namespace of the session."""
        return Key(OPTIMIZATION_JOBS, self.namespace, name)

    async def get_job(self, name: str) -> Manifest:
        """An OptimizationJob.

        Raises:
            CliError: it does not exist, or its type does not.
        """
        found = await self.cluster.get(self.key(name))
        if found is None:
            await self._refuse_unknown_kind()
            raise CliError(
                f"no OptimizationJob {name} in namespace {self.namespace}:"
                " see `argmin get -A`, or name another namespace with -n",
                ExitStatus.NOT_FOUND,
            )
        return found

    async def _refuse_unknown_kind(self) -> None:
        # A missing object and a missing type are both a plain 404 to a GET; to a LIST they differ.
        async for _ in self.cluster.list_pages(OPTIMIZATION_JOBS, self.namespace, page_size=1):
            return


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
        case NotFoundError() if OPTIMIZATION_JOBS.kind in message:
            return CliError(_INSTALL_OPERATOR, ExitStatus.NOT_FOUND)
        case NotFoundError():
            return CliError(message, ExitStatus.NOT_FOUND)
        case InvalidError():
            return CliError(message, ExitStatus.INVALID)
        case _:
            return CliError(message, ExitStatus.FAILED)


def run_command(command: Coroutine[Any, Any, Result]) -> Result:
    """Run a command of the cluster to its end."""
    return asyncio.run(command)
