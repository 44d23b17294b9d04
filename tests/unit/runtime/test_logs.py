"""The operator's log, as a process of its own writes it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SECRET = "wJalrXUtnFEMI"
PROGRAM = """
import logging, sys
import structlog
from argmin.runtime.logs import configure_logs

def sign(secret_key):
    raise OSError("the request cannot be signed")

configure_logs("info", render_json=sys.argv[1] == "json")
try:
    sign("".join(["wJalr", "XUtnFEMI"]))
except OSError as error:
    structlog.get_logger("argmin").warning("reconcile failed", exc_info=error)
    logging.getLogger("botocore").exception("a library's own")
"""


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_traceback_in_the_log_shows_no_local_variables(format_: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, format_],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for told in ("reconcile failed", "a library's own"):
        assert told in done.stderr
    assert done.stderr.count("the request cannot be signed") >= 2
    assert SECRET not in done.stdout + done.stderr
