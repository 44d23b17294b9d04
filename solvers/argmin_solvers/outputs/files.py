"""The files that a run wrote to its outputs: found, looked at, and told by their digests."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from argmin.api.answer import OutputFile, Reason
from argmin.api.files import Output
from argmin_solvers.errors import RunError
from argmin_solvers.process.log_capture import log


@dataclass(frozen=True)
class OpenFile:
    """A regular file of an output, open for reading."""

    output: str
    name: str
    """Relative to the folder of its output."""
    path: str
    source: BufferedReader
    status: os.stat_result


@dataclass(frozen=True)
class FoundFile:
    """A file as it was when it was found."""

    output: str
    name: str
    """Relative to the folder of its output."""
    path: str
    bytes: int
    identity: tuple[int, int, int]

    def check(self) -> None:
        """Raise `RunError`, ProgramFailed, where the path leads to another file by now."""
        try:
            now = identify(os.lstat(self.path))
        except OSError as error:
            raise unreadable(self.output, self.path, error) from None
        if now != self.identity:
            raise changing(self.output, self.path)

    def digest(self) -> str:
        """`sha256:` and the digest of its content.

        Raises:
            RunError: ProgramFailed where it cannot be read, or has changed.
        """
        try:
            opened = _open_regular(self.path)
            if opened is None:
                raise changing(self.output, self.path)
            with opened as source:
                if identify(os.fstat(source.fileno())) != self.identity:
                    raise changing(self.output, self.path)
                return f"sha256:{hashlib.file_digest(source, 'sha256').hexdigest()}"
        except OSError as error:
            raise unreadable(self.output, self.path, error) from None


@dataclass(frozen=True)
class FoundOutput:
    """What an output holds."""

    name: str
    files: tuple[FoundFile, ...]

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)

    def describe(self, digests: Mapping[str, str]) -> OutputFile:
        """The entry of the answer; `digests` has those of the files by their paths."""
        entries = ((file.name, file.bytes, digests[file.path]) for file in self.files)
        return OutputFile(
            name=self.name,
            files=len(self.files),
            bytes=self.bytes,
            digest=digest_output(entries),
        )


def prepare_outputs(outputs: Iterable[Output]) -> None:
    """Make the folders that programs expect to find.

    Raises:
        RunError: ProgramFailed, where a folder cannot be made.
    """
    for output in outputs:
        try:
            Path(output.path).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                Reason.PROGRAM_FAILED,
                f"spec.outputs.{output.name}: the folder {output.path} cannot be made:"
                f" {error.strerror}",
            ) from None


def find_outputs(outputs: Iterable[Output]) -> tuple[FoundOutput, ...]:
    """All files of the outputs; each can be opened, and none is read.

    Raises:
        RunError: ProgramFailed where a file or folder cannot be read.
    """
    found = []
    for output in outputs:
        files = tuple(_look_at(opened) for opened in open_files(output))
        found.append(FoundOutput(output.name, files))
        log.info("output %s: %d files, %d bytes", output.name, len(files), found[-1].bytes)
    return tuple(found)


def open_files(output: Output) -> Iterator[OpenFile]:
    """Regular files of an output in the order of their names; the caller closes them.

    Links and special files are left out: an output is what the program wrote.

    Raises:
        RunError: ProgramFailed where a file or folder cannot be read.
    """
    for name in _names_below(output):
        path = f"{output.path}/{name}"
        try:
            opened = _open_regular(path)
        except OSError as error:
            raise unreadable(output.name, path, error) from None
        if opened is None:
            log.info("output %s is not a regular file: left out", path)
            continue
        yield OpenFile(output.name, name, path, opened, os.fstat(opened.fileno()))


def digest_output(files: Iterable[tuple[str, int, str]]) -> str:
    """Digest of an output: over name, size and digest of each file, in the order of the names."""
    digest = hashlib.sha256()
    for name, size, of_file in sorted(files):
        line = f"{len(name)}:{name}:{size}:{of_file}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return f"sha256:{digest.hexdigest()}"


def identify(status: os.stat_result) -> tuple[int, int, int]:
    """What tells a file from another, and from itself after a change: inode, size and time."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def unreadable(output: str, path: str, error: OSError) -> RunError:
    """The failure of a run whose output cannot be read."""
    return RunError(
        Reason.PROGRAM_FAILED,
        f"spec.outputs.{output}: {path} cannot be read: {error.strerror or error}",
    )


def changing(output: str, path: str) -> RunError:
    """The failure of a run whose output changes after its program has ended."""
    return RunError(
        Reason.PROGRAM_FAILED,
        f"spec.outputs.{output}: {path} changed while it was read:"
        " let the program end what it started before it ends",
    )


def _look_at(opened: OpenFile) -> FoundFile:
    opened.source.close()
    size, identity = opened.status.st_size, identify(opened.status)
    return FoundFile(opened.output, opened.name, opened.path, size, identity)


def _names_below(output: Output) -> list[str]:
    """Names of all that is no folder, by the names of their folders."""

    def fail(error: OSError) -> None:
        if isinstance(error, FileNotFoundError) and error.filename == output.path:
            return  # the program removed the folder: it has no files
        raise unreadable(output.name, str(error.filename), error) from None

    names = []
    for folder, folders, files in os.walk(output.path, onerror=fail, followlinks=False):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        names += [Path(folder, name).relative_to(output.path) for name in files + links]
    return [name.as_posix() for name in sorted(names)]


def _open_regular(path: str) -> BufferedReader | None:
    """The file, or `None` for what is none: a link is not followed, a pipe not waited for."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    # Looked at again once open: a process that is left behind may have put another in its place.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return None
    return os.fdopen(number, "rb")
