"""What a tenant can write and argmin reads: no reader is brought down by it, whatever it holds."""

from __future__ import annotations

import asyncio
import json
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from argmin.api.answer import RunReport
from argmin.api.progress import PROGRESS_PREFIX
from argmin.api.storage import S3Store
from argmin.api.text import clean
from argmin.api.untrusted import UntrustedError
from argmin.aws.errors import TooLargeError
from argmin.aws.event_listener import MalformedEventError, read_hint
from argmin.aws.models import StoredObject
from argmin.backends.local.backend import read_answer as read_local_answer
from argmin.backends.local.progress import read_progress
from argmin.backends.pods.objects import LivePod
from argmin.backends.pods.status import read_attempt
from argmin.backends.sagemaker.answer import read_answer
from argmin.backends.sagemaker.job_type import JobDescription
from argmin.backends.sagemaker.jobs import list_event_types
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.backends.sagemaker.progress import find_progress
from argmin.backends.state import Attempt
from argmin.cli.charts.history import Course, read_course
from argmin.cli.commands.check import read_report as read_inspection
from argmin.cli.commands.plot import read_file
from argmin.cli.errors import CliError
from argmin.cli.results.object_store import read_inventory
from argmin.runtime.intake.results import read_delivery
from argmin.runtime.intake.server import read_report
from argmin.runtime.kube.errors import RefusalError
from tests.unit.backends.runs import make_run

MEMORY_LIMIT_BYTES = 64 * 2**20
"""What reading one document may take at most; the container of the operator has 512 MiB."""
KEPT_LIMIT = 256 * 1024
"""Characters that are kept of one document; a status has less than 1.5 MiB."""
MARK = "tenants-own-words"
REFUSALS = (UntrustedError, RefusalError, MalformedEventError, CliError)

Json = Any


@dataclass(frozen=True)
class Reader:
    """One place where argmin reads what a tenant may have written."""

    name: str
    read: Callable[[bytes], Any]
    document: dict[str, Json]
    lists: tuple[str, ...] = ()
    """The lists and mappings in it."""
    keeps_all: bool = False
    """What is read is on its way to another place, and keeps the size it has."""

    def __str__(self) -> str:
        return self.name


def _terminate(content: bytes) -> Attempt:
    state = {"terminated": {"exitCode": 0, "message": content.decode(errors="replace")}}
    status = {"phase": "Succeeded", "containerStatuses": [{"name": "runner", "state": state}]}
    return read_attempt(
        make_run(), LivePod.model_validate({"metadata": {"name": "a"}, "status": status})
    )


class _Bucket:
    """A bucket that holds one object."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def put_object(self, *_: Any, **__: Any) -> None:
        raise AssertionError("nothing is written")

    async def find_object(
        self, bucket: str, key: str, limit_bytes: int, since: datetime | None = None
    ) -> bytes | None:
        if len(self._content) > limit_bytes:
            raise TooLargeError("too large", "s3:GetObject")
        return self._content

    async def head_object(self, bucket: str, key: str) -> StoredObject | None:
        return StoredObject(key, len(self._content), last_modified=datetime.now(UTC))


def _describe(**fields: Any) -> JobDescription:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return PROCESSING.parse_description(
        {
            "ProcessingJobName": "steel-1",
            "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/steel-1",
            "ProcessingJobStatus": "Completed",
            "CreationTime": moment,
            "ProcessingStartTime": moment,
            **fields,
        }
    )


def _fetch_answer(content: bytes) -> RunReport | None:
    return asyncio.run(read_answer(_describe(), S3Store(bucket="team-bucket"), _Bucket(content)))


def _read_exit_message(content: bytes) -> RunReport | None:
    text = content.decode(errors="replace")
    job = _describe(ExitMessage=text, FailureReason=text)
    assert len(job.failure_reason) <= KEPT_LIMIT
    assert clean(job.failure_reason) == job.failure_reason
    return asyncio.run(read_answer(job, None, _Bucket(b"")))


def _read_file(read: Callable[[Path], Any]) -> Callable[[bytes], Any]:
    def write_and_read(content: bytes) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "solution.json"
            path.write_bytes(content)
            return read(path)

    return write_and_read


def _plot(path: Path) -> Course:
    return read_course(read_file(str(path.parent)), "solution.json")


_METRIC = {"name": "cost", "value": "1"}
_RESULT: dict[str, Json] = {
    "outcome": "Feasible",
    "objective": "12.5",
    "nodes": 7,
    "proof": {"level": "Claimed", "message": MARK},
}
_ANSWER: dict[str, Json] = {
    "succeeded": True,
    "reason": "TimeLimit",
    "message": MARK,
    "result": _RESULT,
    "metrics": [_METRIC],
    "outputs": [{"name": "data", "files": 1, "bytes": 1, "digest": "sha256:0"}],
}
_ANSWER_LISTS = ("metrics", "outputs", "result")
_PROGRESS: dict[str, Json] = {
    "elapsedSeconds": 12,
    "step": 1,
    "metrics": [{"name": MARK, "value": "1"}],
    "search": {"objective": "7.5", "nodes": 3},
}
_VERIFICATION = {"verified": True, "reason": "Verified", "message": MARK}

READERS = (
    Reader("termination message of a pod", _terminate, _ANSWER, _ANSWER_LISTS),
    Reader("answer in a bucket", _fetch_answer, _ANSWER, _ANSWER_LISTS),
    Reader("exit message of a processing job", _read_exit_message, _ANSWER, _ANSWER_LISTS),
    Reader("answer of a local run", _read_file(read_local_answer), _ANSWER, _ANSWER_LISTS),
    Reader(
        "line of a log in CloudWatch",
        lambda content: find_progress([PROGRESS_PREFIX + content.decode(errors="replace")]),
        _PROGRESS,
    ),
    Reader(
        "progress file of a local run",
        _read_file(lambda path: read_progress(path)[1]),
        _PROGRESS,
    ),
    Reader(
        "report to the intake",
        read_report,
        {"owner": "steel", "run": "steel-1", "progress": _PROGRESS},
        ("progress",),
    ),
    Reader(
        "result delivered to the intake",
        read_delivery,
        {"owner": "steel", "parts": {"solution.json.gz": "AAAA"}},
        ("parts",),
        keeps_all=True,
    ),
    Reader(
        "event of a queue",
        lambda content: read_hint(content.decode(errors="replace"), list_event_types()),
        {
            "detail-type": PROCESSING.event_detail_type,
            "detail": {"ProcessingJobName": "steel-1", "ProcessingJobStatus": MARK, "Tags": {}},
        },
        ("detail",),
    ),
    Reader(
        "inventory of a result",
        read_inventory,
        {"version": 1, "files": [{"path": "a", "bytes": 1, "digest": "sha256:0"}]},
        ("files",),
        keeps_all=True,
    ),
    Reader(
        "report of an inspection",
        _read_file(read_inspection),
        {
            "found": {"holds": True, "outcome": "Optimal", "verification": _VERIFICATION},
            "problem": MARK,
        },
        ("found",),
    ),
    Reader(
        "solution.json that is plotted",
        _read_file(_plot),
        {
            **_RESULT,
            "reason": "TimeLimit",
            "message": MARK,
            "metrics": [_METRIC],
            "name": MARK,
            "variables": {"x": 1.0},
            "history": [{"seconds": 1.0, "objective": 2.0}],
        },
        ("metrics", "history"),
    ),
)

_ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m\x7f\r\x08\u202ecod.exe\u2066"


def _replace_all(value: Json, kind: type, by: Json) -> Json:
    """The document with every value of a kind replaced."""
    if isinstance(value, dict):
        return {key: _replace_all(entry, kind, by) for key, entry in value.items()}
    if isinstance(value, list):
        return [_replace_all(entry, kind, by) for entry in value]
    return by if isinstance(value, kind) else value


def _nest(levels: int) -> Json:
    nested: Json = {}
    for _ in range(levels):
        nested = [nested]
    return nested


def _with_lists(reader: Reader, entries: list[Json]) -> dict[str, Json]:
    as_mapping = {f"{MARK}-{number}": entry for number, entry in enumerate(entries)}
    return reader.document | {
        name: as_mapping if isinstance(reader.document[name], dict) else entries
        for name in reader.lists
    }


def _encode(value: Json) -> bytes:
    return json.dumps(value).encode()


HOSTILE: dict[str, Callable[[Reader], bytes]] = {
    "4 MB of text": lambda r: _encode(r.document | {"message": "x" * 4_000_000}),
    "4 MB of text everywhere": lambda r: _encode(_replace_all(r.document, str, "x" * 1_000_000)),
    "texts just too long": lambda r: _encode(_replace_all(r.document, str, MARK * 100)),
    "a hundred thousand empty entries": lambda r: _encode(_with_lists(r, [{}] * 100_000)),
    "as many entries as a quarter MiB has": lambda r: _encode(_with_lists(r, [{}] * 60_000)),
    "thousands of wrong entries": lambda r: _encode(
        _with_lists(r, [{"name": 1, MARK: MARK}] * 4_000)
    ),
    "a hundred thousand unknown fields": lambda r: _encode(
        r.document | {f"unknown-{n}": n for n in range(100_000)}
    ),
    "lists of numbers for all": lambda r: _encode({key: [1.5] for key in r.document}),
    "mappings for all": lambda r: _encode({key: {MARK: MARK} for key in r.document}),
    "numbers for texts": lambda r: _encode(_replace_all(r.document, str, 10**400)),
    "texts for numbers": lambda r: _encode(_replace_all(r.document, int, MARK)),
    "integers of 4000 digits": lambda r: _encode(_replace_all(r.document, int, 10**4000)),
    "integers of a million digits": lambda r: _encode(_replace_all(r.document, int, "#")).replace(
        b'"#"', b"9" * 1_000_000
    ),
    "NaN and infinity": lambda r: _encode(_replace_all(r.document, int, float("nan"))).replace(
        b"NaN", b"-1e999", 1
    ),
    "nothing": lambda _: b"",
    "null for all": lambda r: _encode(dict.fromkeys(r.document)),
    "a number alone": lambda _: b"7",
    "a list alone": lambda r: _encode([r.document] * 2_000),
    "escapes as JSON writes them": lambda r: _encode(_replace_all(r.document, str, _ESCAPES)),
    "escapes in one text": lambda r: _encode(
        r.document | {key: value + _ESCAPES for key, value in r.document.items() if value == MARK}
    ),
    "escapes as they are": lambda r: _encode(r.document).replace(MARK.encode(), _ESCAPES.encode()),
    "halves of surrogate pairs": lambda r: _encode(r.document).replace(MARK.encode(), rb"\ud800"),
    "bytes that are no text": lambda r: _encode(r.document).replace(MARK.encode(), b"\xff\xfe"),
    "lists within lists": lambda r: _encode(_with_lists(r, [_nest(100)]) | {"message": _nest(100)}),
    "brackets without end": lambda _: b"[" * 1_000_000,
    "objects without end": lambda _: b'{"outcome":' * 100_000,
    "half of it": lambda r: _encode(r.document)[: len(_encode(r.document)) // 2],
}


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_no_document_brings_a_reader_down(reader: Reader, hostile: str) -> None:
    content = HOSTILE[hostile](reader)
    tracemalloc.start()
    try:
        kept, said = _read(reader, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_LIMIT_BYTES
    assert clean(kept) == kept
    assert len(kept) < KEPT_LIMIT or reader.keeps_all
    assert len(said) < 1024
    assert clean(said) == said
    assert MARK not in said or hostile.startswith(("mappings", "thousands"))


def _read(reader: Reader, content: bytes) -> tuple[str, str]:
    """What is kept, as JSON or text, and what is said where it is refused."""
    try:
        found = reader.read(content)
    except REFUSALS as refusal:
        return "", str(refusal)
    return _show(found), ""


def _show(found: Any) -> str:
    if isinstance(found, BaseModel):
        return json.dumps(found.model_dump(mode="json"), ensure_ascii=False)
    if is_dataclass(found):
        return _show(tuple(vars(found).values()))
    if isinstance(found, tuple):
        return " ".join(filter(None, map(_show, found)))
    return "" if found is None else str(found)


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_each_reader_reads_what_it_is_meant_for(reader: Reader) -> None:
    content = _encode(reader.document)
    kept, said = _read(reader, content + b"\n" if "file" in reader.name else content)
    assert said == ""
    assert kept != ""
    if MARK.encode() in content:
        assert MARK in kept
