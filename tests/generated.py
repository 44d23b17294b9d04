"""Generate everything anew beside what is committed, and say where they differ."""

from __future__ import annotations

import difflib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Generated:
    """A file, and the module that prints what it should hold."""

    path: Path
    module: str


FILES = (
    Generated(ROOT / "crds/argmin.dev_optimizationjobs.yaml", "argmin.api.crd"),
    Generated(ROOT / "docs/reference.md", "argmin.api.reference"),
)
CHECKS = (
    ("charts/argmin/sync_crds.py", "--check"),
    ("examples/generate.py", "--check"),
)
"""Scripts that compare what they generate themselves; they print what differs."""


def difference(generated: Generated) -> str:
    """A unified diff; empty where the committed file is up to date."""
    fresh = subprocess.run(
        [sys.executable, "-m", generated.module], capture_output=True, text=True, check=True
    ).stdout
    committed = generated.path.read_text() if generated.path.exists() else ""
    name = str(generated.path.relative_to(ROOT))
    return "".join(
        difflib.unified_diff(
            committed.splitlines(keepends=True),
            fresh.splitlines(keepends=True),
            name,
            f"{name} anew",
        )
    )


def main() -> None:
    stale = [text for generated in FILES if (text := difference(generated))]
    failed = [
        check
        for check, flag in CHECKS
        if subprocess.run([sys.executable, str(ROOT / check), flag], check=False).returncode
    ]
    if stale or failed:
        print("".join(stale))
        sys.exit("Generated files are out of date: run `make generate` and commit the difference.")
    print("Generated files are up to date.")


if __name__ == "__main__":
    main()
