"""The files that a job document itself carries."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from argmin.api.answer import Reason
from argmin.api.run import InlineFile
from argmin_solvers.errors import RunError


def write_inline_files(files: Iterable[InlineFile], folder: Path) -> None:
    """Write files below a folder, `<root>/input`.

    Raises:
        RunError: InvalidModel where a path leads out of the folder, or a content is none;
            TransferFailed where a file cannot be written.
    """
    for file in files:
        path = folder / _check_path(file)
        content = _read_content(file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise RunError(
                Reason.TRANSFER_FAILED, f"the input {path} cannot be written: {error.strerror}"
            ) from None


def _check_path(file: InlineFile) -> PurePosixPath:
    path = PurePosixPath(file.path)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\0" in file.path:
        raise RunError(
            Reason.INVALID_MODEL,
            f"files: {file.path!r} is no path below the inputs: write one such as source/model.lp",
        )
    return path


def _read_content(file: InlineFile) -> bytes:
    if file.text is not None and file.base64 is None:
        return file.text.encode()
    try:
        if file.base64 is not None and file.text is None:
            return base64.b64decode(file.base64, validate=True)
    except binascii.Error:
        raise RunError(Reason.INVALID_MODEL, f"files: {file.path}: base64: is none") from None
    raise RunError(Reason.INVALID_MODEL, f"files: {file.path}: write text or base64, one of them")
