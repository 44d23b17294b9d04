"""Copies the generated CRDs into the chart: `python charts/argmin/sync_crds.py [--check]`.

A chart can read only files of its own folder, and a symbolic link would be dropped silently by
tools that fetch charts from git.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

CHART = Path(__file__).resolve().parent
SOURCE = CHART.parents[1] / "crds"
COPY = CHART / "files" / "crds"


def read_folder(folder: Path) -> dict[str, bytes]:
    """The YAML files of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}


def list_differences() -> list[str]:
    """Names of the files that are missing in the copy, stale there, or there alone."""
    source, copy = read_folder(SOURCE), read_folder(COPY)
    return sorted(name for name in source | copy if source.get(name) != copy.get(name))


def sync() -> None:
    """Make the copy equal to the source."""
    source = read_folder(SOURCE)
    COPY.mkdir(parents=True, exist_ok=True)
    for name in list_differences():
        if name in source:
            (COPY / name).write_bytes(source[name])
        else:
            (COPY / name).unlink()


def main() -> int:
    """Copy, or with `--check` only compare: 1 where they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where they differ")
    if not parser.parse_args().check:
        sync()
        return 0
    stale = list_differences()
    if stale:
        sys.stderr.write(
            f"charts/argmin/files/crds differs from crds/ in {', '.join(stale)}:"
            " run python charts/argmin/sync_crds.py\n"
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
