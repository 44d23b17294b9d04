"""Results to be sent: outputs, and argmin's own files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from argmin.api.files import Output
from argmin.api.run import Transfers
from argmin.api.storage import S3Store
from argmin_solvers.artifacts.result import open_shipping
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.artifacts.transfer_log import Listener
from argmin_solvers.outputs.files import FoundOutput, find_outputs
from argmin_solvers.process.interruption import Interruption
from tests.aws.stores import Store


@dataclass(frozen=True)
class Shipment:
    """A result that is ready to go."""

    transfers: Transfers
    folder: Path
    outputs: tuple[FoundOutput, ...]

    def send(
        self,
        interruption: Interruption | None = None,
        persistence: Persistence | None = None,
        listener: Listener | None = None,
    ) -> None:
        """Send it as the runner does; without patience of its own, with short waits."""
        interruption = interruption or Interruption()
        persistence = persistence or Persistence(interruption, 60, 0.2)
        with open_shipping(self.transfers, interruption, persistence, listener) as shipping:
            shipping.send_outputs(self.outputs)
            shipping.send_own_files(self.folder)


def found(folder: Path, **files: bytes) -> tuple[FoundOutput, ...]:
    """An output `data` with files; `__` in a name stands for a slash."""
    for name, content in files.items():
        path = folder / "data" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return find_outputs([Output(name="data", path=str(folder / "data"))])


def own_files(folder: Path) -> Path:
    """argmin's own output, as it is when a result is sent."""
    own = folder / "argmin"
    own.mkdir(exist_ok=True)
    for name in ("solution.json", "run.log", "inventory.json", "answer.json"):
        (own / name).write_text(json.dumps({"name": name}))
    return own


def ship(store: Store, target: S3Store, folder: Path, outputs: tuple[FoundOutput, ...]) -> Shipment:
    """A result on its way to a place."""
    transfers = Transfers(result=target, credentials_root=str(store.credentials))
    return Shipment(transfers, own_files(folder), outputs)
