"""`python -m argmin.api.generate ROOT [--check]`: write what is generated, or say what differs.

ROOT is the root of the repository. With `--check` nothing is written, and the exit code is 1 where
a committed file differs from what it would be.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from argmin.api.base import GROUP
from argmin.api.generate.crd import render_crd
from argmin.api.generate.reference import render_reference
from argmin.api.generate.roles import render_roles
from argmin.api.registry import KINDS

CRDS = ("crds", "charts/argmin/files/crds")
"""The second is a copy: a chart can read only files of its own folder, and no links."""


def list_files() -> dict[str, str]:
    """The text of each generated file by its path below the root."""
    crds = {f"{GROUP}_{kind.plural}.yaml": render_crd(kind) for kind in KINDS}
    return {
        **{f"{folder}/{name}": text for folder in CRDS for name, text in crds.items()},
        "charts/argmin/files/roles.yaml": render_roles(KINDS),
        "docs/reference.md": render_reference(KINDS),
    }


def list_obsolete(root: Path, wanted: Collection[str]) -> list[Path]:
    """Files in folders of generated ones that are none of the wanted, by path below the root."""
    found = (path for folder in CRDS for path in (root / folder).glob("*.yaml"))
    return [path for path in found if path.relative_to(root).as_posix() not in wanted]


def write(root: Path) -> None:
    """Make the files what they should be."""
    files = list_files()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in list_obsolete(root, files):
        path.unlink()


def compare(root: Path) -> Iterator[str]:
    """Unified diffs of what is committed and what it would be."""
    files = list_files()
    for name, text in files.items():
        path = root / name
        committed = path.read_text() if path.exists() else ""
        lines = (committed.splitlines(keepends=True), text.splitlines(keepends=True))
        yield "".join(difflib.unified_diff(*lines, name, f"{name} anew"))
    yield from (f"{path} is of no kind\n" for path in list_obsolete(root, files))


def main() -> int:
    """Write or compare."""
    parser = argparse.ArgumentParser(prog="python -m argmin.api.generate", description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where they differ")
    arguments = parser.parse_args()
    if not arguments.check:
        write(arguments.root)
        return 0
    differences = "".join(compare(arguments.root))
    sys.stdout.write(differences)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
