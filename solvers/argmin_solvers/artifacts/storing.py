"""Brings the result of a run into its stores; what has no answer.json is not whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argmin.api.outcome import Reason
from argmin.api.run import (
    ANSWER_FILE,
    INVENTORY_FILE,
    LOG_FILE,
    OUTPUTS_FOLDER,
    SOLUTION_FILE,
    Transfers,
)
from argmin.api.storage import S3Store
from argmin_solvers.artifacts.connection import Connections
from argmin_solvers.artifacts.meter import Listener, LogMeter
from argmin_solvers.artifacts.persistence import PATIENCE_SECONDS, Persistence
from argmin_solvers.artifacts.uploads import Departure, send_files, send_outputs
from argmin_solvers.artifacts.workers import Stopping, Workers
from argmin_solvers.failure import RunError
from argmin_solvers.interruption import Interruption
from argmin_solvers.outputs import FoundOutput

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


@dataclass(frozen=True)
class Shipment:
    """What a run has to bring away.

    Args:
        transfers: where to.
        folder: argmin's own output, with solution, log, inventory and answer as far as they are.
        outputs: what the user's program wrote.
    """

    transfers: Transfers
    folder: Path
    outputs: Sequence[FoundOutput] = ()


def send_result(
    shipment: Shipment,
    interruption: Interruption,
    persistence: Persistence | None = None,
    listener: Listener | None = None,
) -> None:
    """Bring a result away: outputs first, the answer last.

    Raises:
        RunError: TransferFailed; ProgramFailed where an output changes meanwhile.
    """
    persistence = persistence or Persistence(interruption, PATIENCE_SECONDS)
    with _crew(shipment, interruption, persistence, listener) as (connections, workers):
        send_outputs(list(_place_outputs(shipment)), connections, workers)
        result = shipment.transfers.result
        if result is not None:
            _send_own(shipment, result, connections, workers)


def send_last_words(
    shipment: Shipment, interruption: Interruption, persistence: Persistence | None = None
) -> None:
    """Bring log and answer of a failed run away, with less patience.

    Raises:
        RunError: TransferFailed.
    """
    persistence = persistence or Persistence(interruption, LAST_WORDS_SECONDS)
    result = shipment.transfers.result
    if result is None:
        return
    with _crew(shipment, interruption, persistence, None) as (connections, workers):
        _send_own(shipment, result, connections, workers)


@contextmanager
def _crew(
    shipment: Shipment,
    interruption: Interruption,
    persistence: Persistence,
    listener: Listener | None,
) -> Iterator[tuple[Connections, Workers]]:
    transfers = shipment.transfers
    workers = Workers(interruption, STOPPED, persistence, listener or LogMeter())
    with Connections(transfers.region, transfers.credentials_root) as connections:
        try:
            yield connections, workers
        finally:
            workers.close()


def _place_outputs(shipment: Shipment) -> Iterator[tuple[FoundOutput, S3Store]]:
    """Each output with its folder: one of its own, or one in that of the result."""
    transfers = shipment.transfers
    own = {upload.name: upload.target for upload in transfers.uploads}
    for found in shipment.outputs:
        if found.name in own:
            yield found, own[found.name]
        elif transfers.result is not None:
            yield found, transfers.result.enter(OUTPUTS_FOLDER, found.name)


def _send_own(
    shipment: Shipment, store: S3Store, connections: Connections, workers: Workers
) -> None:
    before = _pack(shipment.folder, store, (SOLUTION_FILE, LOG_FILE, INVENTORY_FILE))
    send_files("uploading the result", before, connections, workers)
    answer = _pack(shipment.folder, store, (ANSWER_FILE,))
    send_files("uploading the answer", answer, connections, workers)


def _pack(folder: Path, store: S3Store, names: Iterable[str]) -> list[Departure]:
    paths = (folder / name for name in names)
    return [
        Departure(path, store, path.name, path.stat().st_size, _CONTENT_TYPES[path.suffix])
        for path in paths
        if path.is_file()
    ]
