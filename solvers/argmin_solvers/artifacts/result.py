"""Brings the result of a run into its stores; what has no answer.json is not whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from argmin.api.answer import Reason
from argmin.api.run import (
    ANSWER_FILE,
    INVENTORY_FILE,
    LOG_FILE,
    OUTPUTS_FOLDER,
    PROOF_FILE,
    SOLUTION_FILE,
    Transfers,
)
from argmin.api.storage import S3Store
from argmin_solvers.artifacts.connection import Connections
from argmin_solvers.artifacts.pool import Stopping, Workers
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.artifacts.transfer_log import Listener, LogMeter
from argmin_solvers.artifacts.uploads import Departure, send_files, send_outputs
from argmin_solvers.errors import RunError
from argmin_solvers.outputs.files import FoundOutput
from argmin_solvers.process.interruption import Interruption

STOP_SECONDS = 50.0
"""How long after SIGTERM the last byte may move: a pod has 60 s."""
LAST_WORDS_SECONDS = 60.0
"""How long a store may fail to take the log of a run that has failed anyway."""

STOPPED = Stopping(
    STOP_SECONDS,
    RunError(
        Reason.TRANSFER_FAILED,
        f"the run was told to stop, and {STOP_SECONDS:.0f} s were not enough to bring its result"
        " away",
    ),
)

_CONTENT_TYPES = {".json": "application/json", ".log": "text/plain; charset=utf-8"}


class Shipping:
    """Brings one result away: its outputs first, and then argmin's own files, the answer last."""

    def __init__(self, transfers: Transfers, connections: Connections, workers: Workers) -> None:
        self._transfers = transfers
        self._connections = connections
        self._workers = workers

    def send_outputs(self, outputs: Sequence[FoundOutput]) -> Mapping[str, str]:
        """Bring outputs away; returns the digests of their files by the files' paths.

        Raises:
            RunError: TransferFailed; ProgramFailed where a file changes meanwhile.
        """
        return send_outputs(list(self._place(outputs)), self._connections, self._workers)

    def send_own_files(self, folder: Path) -> None:
        """Bring solution, proof, log, inventory and answer away, as far as they are in a folder.

        Raises:
            RunError: TransferFailed.
        """
        store = self._transfers.result
        if store is None:
            return
        for title, names in (
            ("uploading the result", (SOLUTION_FILE, PROOF_FILE, LOG_FILE, INVENTORY_FILE)),
            ("uploading the answer", (ANSWER_FILE,)),
        ):
            send_files(title, _pack(folder, store, names), self._connections, self._workers)

    def _place(self, outputs: Iterable[FoundOutput]) -> Iterator[tuple[FoundOutput, S3Store]]:
        """Each output with its folder: one of its own, or one in that of the result."""
        own = {upload.name: upload.target for upload in self._transfers.uploads}
        result = self._transfers.result
        for found in outputs:
            if found.name in own:
                yield found, own[found.name]
            elif result is not None:
                yield found, result.enter(OUTPUTS_FOLDER, found.name)


@contextmanager
def open_shipping(
    transfers: Transfers,
    interruption: Interruption,
    persistence: Persistence | None = None,
    listener: Listener | None = None,
) -> Iterator[Shipping]:
    """Connections for one result."""
    workers = Workers(
        interruption, STOPPED, persistence or Persistence(interruption), listener or LogMeter()
    )
    with Connections(transfers.region, transfers.credentials_root) as connections:
        try:
            yield Shipping(transfers, connections, workers)
        finally:
            workers.close()


def _pack(folder: Path, store: S3Store, names: Iterable[str]) -> list[Departure]:
    paths = (folder / name for name in names)
    return [
        Departure(path, store, path.name, path.stat().st_size, _CONTENT_TYPES[path.suffix])
        for path in paths
        if path.is_file()
    ]
