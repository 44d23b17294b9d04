"""The folder in which results end: solution.json, proof.json, run.log, status.json, outputs."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from argmin.api.run import LOG_FILE, PROOF_FILE, SOLUTION_FILE
from argmin.api.untrusted import UntrustedError, decompress
from argmin.cli.errors import CliError, ExitStatus

STATUS_FILE = "status.json"

_MARKER = ".argmin"

DEFAULT_FOLDER = Path("argmin-results")


@dataclass(frozen=True)
class ResultFolder:
    """A folder of argmin's; only what a former result put there is ever replaced.

    A file `.argmin` in it lists, line by line, the names that are argmin's.
    """

    path: Path
    outputs: tuple[str, ...]

    @classmethod
    def claim(cls, path: Path, outputs: Iterable[str]) -> ResultFolder:
        """The folder, made where it is missing, cleared of a former result.

        Raises:
            CliError: it holds things of the names we would write that are not from us, or it
                cannot be written.
        """
        folder = cls(path, tuple(outputs))
        names = [SOLUTION_FILE, PROOF_FILE, LOG_FILE, STATUS_FILE, *folder.outputs]
        try:
            former = folder._read_marker()
            folder._refuse_foreign(name for name in names if name not in former)
            path.mkdir(parents=True, exist_ok=True)
            for name in former:
                folder._remove(name)
            (path / _MARKER).write_text("".join(f"{name}\n" for name in names))
        except OSError as error:
            raise CliError(f"--output-dir {path}: {error.strerror}: choose another") from None
        return folder

    def _read_marker(self) -> list[str]:
        marker = self.path / _MARKER
        names = marker.read_text().splitlines() if marker.is_file() else []
        return [name for name in names if name not in ("", ".", "..") and "/" not in name]

    def _refuse_foreign(self, names: Iterable[str]) -> None:
        foreign = [name for name in names if (self.path / name).exists()]
        if foreign:
            raise CliError(
                f"--output-dir {self.path}: {', '.join(foreign)} there is not from argmin and"
                " would be overwritten: choose another folder, or move it away"
            )

    def _remove(self, name: str) -> None:
        target = self.path / name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def copy_file(self, source: Path, name: str) -> None:
        """Copy a file, if there is one."""
        if source.is_file():
            shutil.copyfile(source, self.path / name)

    def take_output(self, source: Path, name: str) -> None:
        """Move an output folder here; links stay links, so that nothing from elsewhere is read."""
        if source.is_dir():
            shutil.move(source, self.path / name)

    def write_file(self, name: str, content: bytes) -> None:
        """Write a file."""
        (self.path / name).write_bytes(content)

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Write the status as JSON."""
        text = json.dumps(status, indent=2, ensure_ascii=False) + "\n"
        (self.path / STATUS_FILE).write_text(text, encoding="utf-8")

    def unpack(self, archive: bytes) -> None:
        """Unpack the outputs of a result; nothing lands outside the folders of the outputs.

        Raises:
            CliError: the archive is damaged, or holds something that has no place in outputs.
        """
        try:
            # As a whole, so that the check sum at its end is looked at before anything is written.
            with tarfile.open(fileobj=BytesIO(decompress(archive)), mode="r:") as tar:
                tar.extractall(self.path, filter=self._admit)
        except (tarfile.TarError, OSError, UntrustedError) as error:
            raise CliError(
                f"the outputs cannot be unpacked into {self.path}: {error}", ExitStatus.FAILED
            ) from None

    def _admit(self, member: tarfile.TarInfo, destination: str) -> tarfile.TarInfo | None:
        parts = PurePosixPath(member.name).parts
        if ".." in parts or parts[:1] not in [(name,) for name in self.outputs]:
            raise tarfile.FilterError(f"{member.name!r} is in no output of the job")
        return tarfile.data_filter(member, destination)
