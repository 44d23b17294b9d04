"""Reads CP-SAT models: OR-Tools' CpModelProto, as text or binary."""

from __future__ import annotations

import re
from pathlib import Path

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import CpSatModel, checked_cpsat
from argmin_solvers.text import read_source

_CONTROL = bytes({*range(32)} - {*b"\t\n\r\f\v"})
_POSITION = re.compile(r"^(\d+):(\d+) : (.*)", re.S)


def read_cpsat(path: Path) -> CpSatModel:
    """Read a model from a CpModelProto file.

    Raises:
        RunError: InvalidModel, with the line where the file is text.
    """
    from google.protobuf import text_format
    from ortools.sat.python import cp_model

    source = read_source(path)
    if not source.strip():  # the model of nothing, and more likely of a writer that failed
        raise RunError(
            Reason.INVALID_MODEL, f"{path.name}: the model has no variables: the file is empty"
        )
    text = _as_text(path.name, source)
    model = cp_model.CpModel()
    try:
        _check_text(text)
        model.proto.parse_text_format(text)
    except text_format.ParseError as error:
        position = _POSITION.match(str(error))
        where, what = (f" line {position[1]}", position[3]) if position else ("", str(error))
        raise RunError(
            Reason.INVALID_MODEL,
            f"{path.name}{where}: no CpModelProto: {' '.join(what.split())[:300]}",
        ) from None
    return checked_cpsat(path.name, model)


def _check_text(text: str) -> None:
    # Parsed once by protobuf, which tells the line of an error; OR-Tools' own parser does not.
    from google.protobuf import text_format
    from ortools.sat import cp_model_pb2

    text_format.Parse(text, cp_model_pb2.CpModelProto())


def _as_text(name: str, content: bytes) -> str:
    """The text form; binary files are told by their control characters."""
    from google.protobuf import message, text_format
    from ortools.sat import cp_model_pb2

    if not any(byte in _CONTROL for byte in content):
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            pass  # then it is binary, or nothing that is understood
    proto = cp_model_pb2.CpModelProto()
    try:
        proto.ParseFromString(content)
    except message.DecodeError as error:
        raise RunError(
            Reason.INVALID_MODEL, f"{name}: neither text nor binary of a CpModelProto: {error}"
        ) from None
    return str(text_format.MessageToString(proto))
