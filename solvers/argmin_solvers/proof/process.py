"""A proof in a process of its own, which can be ended at any time."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from threading import Event

from argmin_solvers.process.child import end_with_parent
from argmin_solvers.process.log_capture import log
from argmin_solvers.proof.convexity import QuadraticQuestion
from argmin_solvers.proof.memory import find_limit, is_short
from argmin_solvers.proof.question import CpQuestion, Proven, Question, claim

_GRACE_SECONDS = 5.0
"""How far past its time a proof may run: solvers look at the clock now and then."""
_POLL_SECONDS = 0.05
_KEPT = 400


def prove_apart(question: Question | CpQuestion | QuadraticQuestion, stop: Event) -> Proven:
    """Prove an answer in another process; its time over, or asked to stop, the answer is claimed.

    Never fails: what goes wrong with a proof is told beside the answer.
    """
    with tempfile.TemporaryDirectory(dir=question.workdir, prefix="proof-") as folder:
        own = replace(question, workdir=Path(folder))
        asked, answered = Path(folder) / "question", Path(folder) / "answer"
        asked.write_bytes(pickle.dumps(own))
        with (Path(folder) / "errors").open("w+b") as errors:
            command = [
                sys.executable,
                "-P",
                "-m",
                "argmin_solvers.proof",
                str(asked),
                str(answered),
            ]
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 - it takes no lock
            )
            why = _wait(process, question.seconds + _GRACE_SECONDS, stop)
            if answered.exists():
                proven: Proven = pickle.loads(answered.read_bytes())
                return proven
            errors.seek(0)
            return claim(question.solver, why or _explain(process.returncode, errors.read()))


def _wait(process: subprocess.Popen[bytes], seconds: float, stop: Event) -> str | None:
    """Why the process was ended, where it did not end by itself."""
    end, limit = time.monotonic() + seconds, find_limit()
    try:
        while process.poll() is None:
            if stop.is_set():
                return "the run was asked to stop before the proof was done"
            if time.monotonic() > end:
                return f"the time for a second look was over ({seconds - _GRACE_SECONDS:g} s)"
            if is_short(process.pid, limit):
                return "the memory was not enough for a second look"
            try:
                process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        return None
    finally:
        process.kill()
        process.wait()


def _explain(code: int, errors: bytes) -> str:
    """What a process that left no answer died of: its last line; the log has more."""
    text = errors.decode("utf-8", "replace").strip()
    log.warning("the proof ended with exit code %d: %s", code, text[-4000:])
    last = text.splitlines()[-1] if text else f"exit code {code}"
    return f"the proof itself failed: {last[:_KEPT]}"
