"""The operator's log, as a process of its own writes it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SECRET = "wJalrXUtnFEMI"
PROGRAM = """
import logging, sys
import structlog
from argmin.runtime.telemetry.logs import configure_logs

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


HOSTILE_PROGRAM = r"""
import sys
import structlog
from argmin.runtime.telemetry.logs import configure_logs

configure_logs("info", render_json=sys.argv[1] == "json")
structlog.get_logger("argmin").warning("refused", why="\x1b]0;title\x07\x9b2J" + "x" * 10**6)
"""


@pytest.mark.parametrize("format_", ["json", "console"])
def test_what_a_program_says_writes_no_control_characters_and_no_megabytes(format_: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE_PROGRAM, format_],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "refused" in done.stderr
    assert len(done.stderr) < 10_000
    assert not any(char in done.stderr for char in "\x1b\x07\x9b")
    assert "u001b" not in done.stderr
