"""Laws of the house that no linter checks: lengths, names, full folders, who names what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
FULLEST_FOLDER = 20
REFUSED_NAMES = {"utils.py", "helpers.py", "misc.py"}

OPERATOR = "operator/argmin"
_REGISTRIES = ("api/registry.py", "kinds.py")
HOMES: dict[str, tuple[str, ...]] = {
    "optimizationjob": (
        *_REGISTRIES,
        "api/optimization/",
        "optimization/",
        "cli/kinds/optimization.py",
    ),
    "sagemaker": (
        "api/backend.py",
        "api/backend_rules.py",
        "backends/registry.py",
        "backends/sagemaker/",
        "aws/",
        "cli/logs/",
        "cli/commands/plan_request.py",
    ),
}
"""Where in the operator a kind or a backend may be named, in any case; all else is generic."""


def tracked_python_files() -> list[Path]:
    """Every Python file that git tracks, or would."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listing.stdout.splitlines() if (path := Path(line)).exists()]


def broken_laws(files: list[Path]) -> list[str]:
    """One line for each broken law."""
    lengths = ((path, len(path.read_text().splitlines())) for path in files)
    too_long = [
        f"{path}: {length} lines, at most {LONGEST_FILE}"
        for path, length in lengths
        if length > LONGEST_FILE
    ]
    misnamed = [
        f"{path}: name it for what it holds" for path in files if path.name in REFUSED_NAMES
    ]
    crowded = list(crowded_folders(files))
    strays = list(stray_names(files))
    long = [line for path in files for line in long_functions(path)]
    return too_long + misnamed + crowded + strays + long


def stray_names(files: list[Path]) -> Iterator[str]:
    """One line for each file of the operator that names a kind or a backend outside its homes."""
    for path in files:
        if path.is_relative_to(OPERATOR):
            place = path.relative_to(OPERATOR).as_posix()
            text = path.read_text().lower()
            for name, allowed in HOMES.items():
                if name in text and not place.startswith(allowed):
                    yield f"{path}: names {name}: ask its registration instead"


def crowded_folders(files: list[Path]) -> Iterator[str]:
    """One line for each folder with too many files beside each other, tests apart."""
    counts = Counter(path.parent for path in files if path.parts[0] != "tests")
    for folder, count in counts.items():
        if count > FULLEST_FOLDER:
            yield f"{folder}: {count} files, at most {FULLEST_FOLDER}: group them in packages"


def long_functions(path: Path) -> Iterator[str]:
    """One line for each function of a file that is too long; its docstring does not count."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            prose = len((ast.get_docstring(node, clean=False) or "").splitlines())
            length = (node.end_lineno or node.lineno) - node.lineno + 1 - prose
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"


def main() -> None:
    broken = broken_laws(tracked_python_files())
    if broken:
        sys.exit("\n".join(broken))
    print("The laws of the house hold.")


if __name__ == "__main__":
    main()
