"""The Kubernetes objects in the files that a user gives."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.api.base import API_VERSION, GROUP
from argmin.api.optimization.spec import KIND, OptimizationJob
from argmin.api.validation import InvalidObjectError, check_name, read_strictly, suggest
from argmin.backends.local.inputs import Sources
from argmin.cli.errors import CliError
from argmin.cli.manifests.yaml_loader import load_file
from argmin.plan import Manifest

_KEY = re.compile(r"^(?!\.{1,2}$)[-._a-zA-Z0-9]{1,253}$")


@dataclass(frozen=True)
class Document:
    """One object of a file."""

    manifest: Manifest
    origin: str
    """File and place in it, such as `job.yaml, document 2`."""

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.manifest["kind"])

    @property
    def name(self) -> str:
        """Its name; empty where it has none."""
        return str(self._metadata.get("name") or "")

    @property
    def namespace(self) -> str | None:
        """Its namespace; `None` where it goes to the namespace of the context."""
        return self._metadata.get("namespace")

    @property
    def _metadata(self) -> Mapping[str, Any]:
        metadata = self.manifest.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    @property
    def is_job(self) -> bool:
        """Whether it is an OptimizationJob of argmin's; other projects have one too."""
        return self.kind == KIND and str(self.manifest["apiVersion"]).startswith(f"{GROUP}/")

    @property
    def is_config_map(self) -> bool:
        """Whether it is a ConfigMap of Kubernetes itself."""
        return self.kind == "ConfigMap" and self.manifest["apiVersion"] == "v1"


def read_documents(files: Sequence[str]) -> tuple[Document, ...]:
    """All objects of the files, in their order; lists are taken apart.

    Raises:
        CliError: a file cannot be read, or holds something that is no object.
    """
    if not files:
        raise CliError("no file given: name the YAML file of the job, or - for standard input")
    return tuple(document for file in files for document in _read_file(file))


def _read_file(file: str) -> Iterator[Document]:
    for number, content in enumerate(load_file(file), start=1):
        if content is not None:
            yield from _take_apart(content, f"{file}, document {number}")


def _take_apart(content: Any, origin: str) -> Iterator[Document]:
    if not isinstance(content, dict):
        raise CliError(f"{origin}: not a Kubernetes object: write apiVersion, kind and metadata")
    for field in ("apiVersion", "kind"):
        if not isinstance(content.get(field), str) or not content[field]:
            raise CliError(f"{origin}: {field} is missing: write it, such as {_example(field)}")
    if content["kind"] == "List":
        for index, item in enumerate(content.get("items") or ()):
            yield from _take_apart(item, f"{origin}, item {index + 1}")
    else:
        yield Document(content, origin)


def _example(field: str) -> str:
    return {"apiVersion": API_VERSION, "kind": KIND}[field]


def pick_job(documents: Iterable[Document], name: str | None) -> Document:
    """The OptimizationJob to run: the only one, or the one of that name.

    Raises:
        CliError: there is none, or more than one and no name.
    """
    found = list(documents)
    jobs = [document for document in found if document.is_job]
    named = [document for document in jobs if name in (None, document.name)]
    if len(named) == 1:
        return named[0]
    names = ", ".join(document.name for document in jobs)
    if not jobs:
        kinds = ", ".join(sorted({f"{d.manifest['apiVersion']} {d.kind}" for d in found}))
        raise CliError(
            f"the files hold no {KIND} of {API_VERSION}; they hold: {kinds or 'nothing'}"
        )
    if not named:
        raise CliError(f"no {KIND} is named {name}{suggest(str(name), names.split(', '))}: {names}")
    if name is None:
        raise CliError(f"the files hold {len(jobs)} {KIND}s: choose one with --name: {names}")
    origins = " and ".join(document.origin for document in named)
    raise CliError(f"{KIND} {name} is there twice, in {origins}: leave one out")


def read_job(document: Document) -> OptimizationJob:
    """Read an OptimizationJob strictly.

    Raises:
        CliError: listing every problem with its path.
    """
    if document.manifest["apiVersion"] != API_VERSION:
        raise CliError(
            f"{document.origin}: apiVersion: write {API_VERSION},"
            f" the version this argmin knows, instead of {document.manifest['apiVersion']}"
        )
    try:
        return read_strictly(OptimizationJob, document.manifest)
    except InvalidObjectError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise CliError(
            f"{document.origin}: {KIND} {document.name or '(without a name)'} is not valid:\n"
            f"{problems}",
            reason="InvalidSpec",
        ) from None


def collect_sources(
    documents: Iterable[Document], namespace: str | None, volumes: Mapping[str, Path]
) -> Sources:
    """The ConfigMaps and Secrets that a job of this namespace would find in a cluster.

    An object that names no namespace goes wherever the job goes. Later files win.
    """
    config_maps: dict[str, dict[str, bytes]] = {}
    secrets: dict[str, dict[str, bytes]] = {}
    for document in documents:
        near = None in (namespace, document.namespace) or document.namespace == namespace
        if near and document.is_config_map:
            config_maps[_named(document)] = _decode(document, text="data", binary="binaryData")
        elif near and document.kind == "Secret" and document.manifest["apiVersion"] == "v1":
            secrets[_named(document)] = _decode(document, text="stringData", binary="data")
    return Sources(config_maps, secrets, volumes)


def _named(document: Document) -> str:
    message = check_name(document.name)
    if message:
        raise CliError(f"{document.origin}: metadata.name: {message}")
    return document.name


def _decode(document: Document, text: str, binary: str) -> dict[str, bytes]:
    decoded = {
        key: _decode_base64(value, f"{document.origin}: {binary}.{key}")
        for key, value in _entries(document, binary)
    }
    return decoded | {key: value.encode() for key, value in _entries(document, text)}


def _entries(document: Document, field: str) -> Iterator[tuple[str, str]]:
    entries = document.manifest.get(field) or {}
    if not isinstance(entries, dict):
        raise CliError(f"{document.origin}: {field}: write a mapping of names to text")
    for key, value in entries.items():
        if not _KEY.fullmatch(str(key)):
            raise CliError(
                f"{document.origin}: {field}: {key!r} is no key: use letters, digits, -, _ and ."
            )
        if not isinstance(value, str):
            raise CliError(f"{document.origin}: {field}.{key}: write text, in quotes: '{value}'")
        yield str(key), value


def _decode_base64(text: str, place: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CliError(
            f"{place}: not base64: encode it with base64, or write stringData in a Secret"
        ) from None
