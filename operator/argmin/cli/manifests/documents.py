"""The Kubernetes objects in the files that a user gives."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.api.base import API_VERSION
from argmin.api.registry import KINDS
from argmin.api.validation import InvalidObjectError, check_name, read_strictly, suggest
from argmin.backends.local.inputs import Sources
from argmin.cli.errors import CliError
from argmin.cli.kinds.registry import choose_views, list_names, list_plurals
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.manifests.yaml_loader import load_file
from argmin.plan import Manifest

_EXAMPLES = {"apiVersion": API_VERSION, "kind": KINDS[0].name}
_TYPE = ("apiVersion", "kind")
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

    def is_of(self, view: KindView) -> bool:
        """Whether it is of this kind, in any version; other projects have kinds of this name."""
        group = str(self.manifest["apiVersion"]).rpartition("/")[0]
        return (self.kind, group) == (view.info.name, view.resource.group)

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
    for field in _TYPE:
        if not isinstance(content.get(field), str) or not content[field]:
            raise CliError(f"{origin}: {field} is missing: write it, such as {_EXAMPLES[field]}")
    if content["kind"] == "List":
        for index, item in enumerate(content.get("items") or ()):
            yield from _take_apart(item, f"{origin}, item {index + 1}")
    else:
        yield Document(content, origin)


def find_kind(document: Document, views: Iterable[KindView]) -> KindView | None:
    """The kind of a document, if it is one of these."""
    return next((view for view in views if document.is_of(view)), None)


def pick_document(
    documents: Iterable[Document], wanted: ObjectName | None, views: Sequence[KindView]
) -> tuple[Document, KindView]:
    """The object of one of these kinds to work with: the only one, or the one of that name.

    Raises:
        CliError: there is none, or more than one and no name that tells them apart.
    """
    present = list(documents)
    if wanted is not None:
        views = choose_views(wanted, None, views)
    ours = [(d, view) for d in present if (view := find_kind(d, views))]
    if not ours:
        held = ", ".join(sorted({f"{d.manifest['apiVersion']} {d.kind}" for d in present}))
        raise CliError(
            f"the files hold no {list_names(views)} of {API_VERSION};"
            f" they hold: {held or 'nothing'}"
        )
    named = [(d, view) for d, view in ours if wanted is None or d.name == wanted.name]
    if len(named) != 1:
        raise _explain_choice(wanted, ours, named, views)
    return named[0]


def _explain_choice(
    wanted: ObjectName | None,
    ours: Sequence[tuple[Document, KindView]],
    named: Sequence[tuple[Document, KindView]],
    views: Sequence[KindView],
) -> CliError:
    kinds = {view.info.short_name for _, view in ours}
    spelled = [f"{v.info.short_name}/{d.name}" if len(kinds) > 1 else d.name for d, v in ours]
    names = ", ".join(spelled)
    if wanted is None:
        plural = list_plurals(views)
        return CliError(f"the files hold {len(ours)} {plural}: choose one with --name: {names}")
    if not named:
        hint = suggest(wanted.name, [d.name for d, _ in ours])
        return CliError(f"no {list_names(views)} is named {wanted.name}{hint}: {names}")
    origins = " and ".join(document.origin for document, _ in named)
    if len({view.info.name for _, view in named}) > 1:
        choices = ", ".join(f"{view.info.short_name}/{wanted.name}" for _, view in named)
        return CliError(f"{wanted} is there twice, in {origins}: choose one with --name: {choices}")
    kind = named[0][1].info.name
    return CliError(f"{kind} {wanted.name} is there twice, in {origins}: leave one out")


def check_object(document: Document, view: KindView) -> None:
    """Read an object of a kind strictly, as an API server does.

    Raises:
        CliError: listing every problem with its path.
    """
    if document.manifest["apiVersion"] != view.info.api_version:
        raise CliError(
            f"{document.origin}: apiVersion: write {view.info.api_version},"
            f" the version that this argmin supports, instead of {document.manifest['apiVersion']}"
        )
    if document.namespace and not view.info.namespaced:
        raise CliError(
            f"{document.origin}: metadata.namespace: a {view.info.name} belongs to the whole"
            " cluster: remove it"
        )
    try:
        read_strictly(
            view.info.model, {k: v for k, v in document.manifest.items() if k not in _TYPE}
        )
    except InvalidObjectError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        name = document.name or "(without a name)"
        raise CliError(
            f"{document.origin}: {view.info.name} {name} is not valid:\n{problems}",
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
