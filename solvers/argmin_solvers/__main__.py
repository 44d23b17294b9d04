"""`python -m argmin_solvers --document PATH`: runs one job document."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path

from argmin_solvers.runner import run


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="argmin_solvers", description="Run one job document.")
    parser.add_argument("--document", required=True, type=Path, metavar="PATH")
    _speak_utf8()
    return run(parser.parse_args().document)


def _speak_utf8() -> None:
    """Write UTF-8 whatever locale or `PYTHONIOENCODING` say: no character can end a run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Solver threads that were left behind would make an ordinary exit wait or crash.
    os._exit(code)
