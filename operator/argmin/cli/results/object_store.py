"""Results in object stores, read by the person's own AWS credentials: whole and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from argmin.api.answer import Reason
from argmin.api.run import ANSWER_FILE, INVENTORY_FILE, OUTPUTS_FOLDER, Inventory
from argmin.api.storage import S3Store, StoredResult, is_plain
from argmin.api.untrusted import INVENTORY, UntrustedError, read_document
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.output.formatting import open_console
from argmin_solvers.errors import RunError

if TYPE_CHECKING:
    from argmin_solvers.artifacts.connection import Connections
    from argmin_solvers.artifacts.locations import ObjectLocation
    from argmin_solvers.artifacts.pool import Workers

_PATIENCE_SECONDS = 20.0
_INSTALL = (
    "reading a result from an object store needs boto3, which is not installed here:"
    " pip install 'argmin-operator[operator]'"
)


class StoredRun:
    """The files of one result; each is compared with the digest that the runner recorded."""

    def __init__(self, place: StoredResult, connections: Connections, workers: Workers) -> None:
        from argmin_solvers.artifacts.connection import find_endpoint

        # An endpoint inside a cluster has often another name outside.
        endpoint = find_endpoint() or place.endpoint
        self._store = S3Store(
            bucket=place.bucket, prefix=place.prefix, region=place.region, endpoint=endpoint
        )
        self._connections = connections
        self._workers = workers
        self._files = {file.path: file for file in self._read_inventory().files}
        if self.read(ANSWER_FILE) is None:
            raise CliError(self._say_incomplete(), ExitStatus.FAILED)

    def __str__(self) -> str:
        return f"s3://{self._store.bucket}/{self._store.prefix}/"

    def read(self, name: str) -> bytes | None:
        """One of argmin's own files; `None` where the result has none of that name.

        Raises:
            CliError: it is not what the runner wrote, or cannot be read.
        """
        file = self._files.get(name)
        if file is None:
            return None
        content = self._get(name, file.bytes)
        if content is None or f"sha256:{hashlib.sha256(content).hexdigest()}" != file.digest:
            raise CliError(self._say_incomplete(), ExitStatus.FAILED)
        return content

    def list_outputs(self) -> tuple[str, ...]:
        """Names of the outputs that have files here."""
        parts = (path.split("/") for path in self._files)
        names = (part[1] for part in parts if part[0] == OUTPUTS_FOLDER and len(part) > 2)
        return tuple(dict.fromkeys(names))

    def fetch_outputs(self, names: Iterable[str], folder: Path) -> None:
        """Fetch outputs into folders of their names, with a bar on a terminal.

        Raises:
            CliError: a file is not what the runner wrote, or cannot be read.
        """
        from argmin_solvers.artifacts.downloads import Arrival, fetch_files
        from argmin_solvers.artifacts.locations import StoredObject, check_path

        arrivals = []
        for name in names:
            prefix = f"{OUTPUTS_FOLDER}/{name}/"
            files = {
                p.removeprefix(prefix): f for p, f in self._files.items() if p.startswith(prefix)
            }
            (folder / name).mkdir(exist_ok=True)
            for path, file in files.items():
                place = self._locate(file.path)
                check_path(path, files, place)
                remote = StoredObject(place.key, file.bytes, digest=file.digest)
                arrivals.append(Arrival(place, remote, folder / name / path))
        fetch_files("fetching the outputs", arrivals, self._connections, self._workers)

    def _read_inventory(self) -> Inventory:
        content = self._get(INVENTORY_FILE, INVENTORY.bytes)
        if content is None:
            raise CliError(self._say_incomplete(), ExitStatus.NOT_FOUND)
        inventory = read_inventory(content)
        if inventory is None:
            raise CliError(
                f"{self}{INVENTORY_FILE} is no list of argmin's: the result is damaged",
                ExitStatus.FAILED,
            )
        return inventory

    def _get(self, name: str, limit_bytes: int) -> bytes | None:
        """A file's content, a byte more at most than it may have; `None` where it is not there."""
        from argmin_solvers.artifacts.locations import Action

        place = self._locate(name)
        client = self._connections.reach(self._store).client

        def get() -> bytes:
            content: bytes = client.get_object(Bucket=self._store.bucket, Key=place.key)[
                "Body"
            ].read(limit_bytes + 1)
            return content

        try:
            return self._workers.ask(get, place, Action.READ)
        except RunError as failure:
            if failure.reason is Reason.SOURCE_NOT_FOUND and "no bucket" not in failure.message:
                return None
            raise

    def _locate(self, name: str) -> ObjectLocation:
        from argmin_solvers.artifacts.locations import PERSON, ObjectLocation

        return ObjectLocation(self._store, self._store.enter(name).prefix, PERSON)

    def _say_incomplete(self) -> str:
        return (
            f"the result in {self} is not whole: it was deleted, or another attempt is just"
            " replacing it"
        )


def read_inventory(content: bytes) -> Inventory | None:
    """The list of a result's files; `None` where it is not one that argmin wrote."""
    try:
        inventory = read_document(Inventory, content, INVENTORY)
    except UntrustedError:
        return None
    # The list may be forged by others with write access: it must not choose local paths.
    return inventory if all(is_plain(file.path) for file in inventory.files) else None


@contextmanager
def open_stored(place: StoredResult) -> Iterator[StoredRun]:
    """The result in a folder of a store; what goes wrong becomes an error of the command line.

    Raises:
        CliError: it is not there, not whole, or cannot be read.
    """
    try:
        from argmin_solvers.artifacts.connection import Connections
        from argmin_solvers.artifacts.downloads import INTERRUPTED
        from argmin_solvers.artifacts.pool import Workers
        from argmin_solvers.artifacts.retry import Persistence
    except ModuleNotFoundError as error:
        raise CliError(f"{_INSTALL} ({error})", ExitStatus.NOT_INSTALLED) from None
    from argmin_solvers.process.interruption import Interruption

    interruption = Interruption()
    persistence = Persistence(interruption, _PATIENCE_SECONDS)
    workers = Workers(interruption, INTERRUPTED, persistence, _Bar())
    try:
        with Connections() as connections:
            try:
                yield StoredRun(place, connections, workers)
            finally:
                workers.close()
    except RunError as failure:
        raise CliError(failure.message, _STATUS.get(failure.reason, ExitStatus.FAILED)) from None


_STATUS = {
    Reason.SOURCE_NOT_FOUND: ExitStatus.NOT_FOUND,
    Reason.TRANSFER_FAILED: ExitStatus.UNREACHABLE,
}


class _Bar:
    """A bar on a terminal; elsewhere nothing."""

    def __init__(self) -> None:
        console = open_console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def started(self, title: str, files: int, total_bytes: int) -> None:
        """Show the bar."""
        self._progress.start()
        self._task = self._progress.add_task(f"{title}, {files} files", total=total_bytes)

    def moved(self, count: int) -> None:
        """Move it."""
        if self._task is not None:
            self._progress.advance(self._task, count)

    def looked_at(self) -> None:
        """No effect: the bar redraws itself."""

    def finished(self) -> None:
        """Remove it."""
        self._progress.stop()
