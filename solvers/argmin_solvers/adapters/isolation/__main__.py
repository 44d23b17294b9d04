"""`python -m argmin_solvers.adapters.isolation FOLDER`: the search that `search` asked for."""

from __future__ import annotations

import json
import os
import pickle
import sys
import traceback
from pathlib import Path
from threading import Event, Lock
from typing import Any, cast

from argmin.api.answer import Reason
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import LinearSolver, Settings
from argmin_solvers.adapters.isolation.search import (
    Failure,
    Reply,
    Request,
    place_reply,
    place_request,
)
from argmin_solvers.errors import RunError, is_fault
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import configure_logging
from argmin_solvers.progress.sink import ProgressSink


class PipedSink(ProgressSink):
    """Writes what it is told to a pipe, a line of JSON each time, until nobody reads it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._is_open = True
        self._writing = Lock()
        os.set_inheritable(descriptor, False)

    def tell(self, **numbers: Any) -> None:
        """Pass on what is known."""
        known = {name: value for name, value in numbers.items() if value is not None}
        line = json.dumps(known, default=float) + "\n"
        with self._writing:
            if not self._is_open:
                return
            try:
                os.write(self._descriptor, line.encode())
            except OSError:
                self._is_open = False


def main(folder: Path) -> None:
    """Search, and leave what came of it, whole or not at all."""
    configure_logging()
    interruption = Interruption()
    interruption.listen()
    request = pickle.loads(place_request(folder).read_bytes())
    reply = _search(request, interruption.stop)
    draft = folder / "reply.part"
    draft.write_bytes(pickle.dumps(reply, protocol=5))
    draft.rename(place_reply(folder))


def _search(request: Request, stop: Event) -> Reply:
    settings = Settings(**request.settings, progress=PipedSink(request.progress))
    adapter = cast(LinearSolver, load_adapter(request.solver))
    try:
        return adapter.search(request.model, settings, stop)
    except RunError as error:
        return Failure(error.reason, error.message, error.permanent)
    except Exception as error:  # noqa: BLE001 - told in one line, and its traceback in the log
        traceback.print_exc()
        what = f"{request.solver}: {type(error).__name__}: {error}"
        return Failure(Reason.SOLVER_FAILED, what, permanent=is_fault(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that a solver left behind would make an ordinary exit wait or crash.
    os._exit(0)
