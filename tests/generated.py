"""Generate everything anew beside what is committed, and say where they differ."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    ("-m", "argmin.api.generate", ".", "--check"),
    ("examples/generate.py", "--check"),
)
"""Programs that compare what they generate themselves; they print what differs."""


def main() -> None:
    failed = [
        check
        for check in CHECKS
        if subprocess.run([sys.executable, *check], cwd=ROOT, check=False).returncode
    ]
    if failed:
        sys.exit("Generated files are out of date: run `make generate` and commit the difference.")
    print("Generated files are up to date.")


if __name__ == "__main__":
    main()
